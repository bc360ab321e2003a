#include "report/set_statistic.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "stats/frechet.h"
#include "stats/inception_score.h"
#include "stats/kernel_distance.h"

namespace vidbench::report {
namespace {

stats::Features matrix(const store::MetricInfo& metric, const std::vector<const std::vector<float>*>& rows) {
  const size_t width = rows.empty() ? 0 : rows.front()->size();
  std::vector<float> values;
  values.reserve(rows.size() * width);
  for (const auto* row : rows) {
    if (row->size() != width)
      throw_input(fmt::format("metric {}: feature vectors of {} and {} numbers in one set", metric.id, width,
                              row->size()));
    values.insert(values.end(), row->begin(), row->end());
  }
  return stats::features_from_floats(values, rows.size(), width);
}

}  // namespace

SetStatistic set_statistic(const store::MetricInfo& metric,
                           const std::vector<const std::vector<float>*>& rows,
                           const store::ReferenceFeatures* reference) {
  const stats::Features generated = matrix(metric, rows);
  if (metric.reducer == "inception") return {stats::inception_statistic(generated), 1};
  const bool biased = metric.reducer == "frechet-biased";
  if (metric.reducer != "frechet" && !biased && metric.reducer != "kernel")
    throw_input(fmt::format("metric {}: unknown reducer '{}'", metric.id, metric.reducer),
                "one of: frechet, frechet-biased, kernel, inception");
  if (reference == nullptr)
    throw_input(fmt::format("metric {}: no reference features of {}", metric.id, metric.features));
  const stats::Features fixed = stats::features_from_floats(
      reference->data, static_cast<size_t>(reference->rows), static_cast<size_t>(reference->dim));
  if (metric.reducer != "kernel") {
    const auto kind = biased ? stats::Covariance::kBiased : stats::Covariance::kUnbiased;
    return {stats::frechet_statistic(generated, stats::fit_gaussian(fixed, kind), kind), 0};
  }
  return {stats::kernel_statistic(generated, fixed), -HUGE_VAL};
}

}  // namespace vidbench::report
