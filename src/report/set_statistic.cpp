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

// The rows of all videos, one below the other, and whose each is.
struct Rows {
  stats::Features matrix;
  std::vector<Eigen::Index> video;
};

Rows rows_of(const store::MetricInfo& metric, const std::vector<const std::vector<float>*>& videos) {
  const size_t width = metric.row_size > 0 ? static_cast<size_t>(metric.row_size)
                       : videos.empty()    ? 0
                                           : videos.front()->size();
  Rows rows;
  std::vector<float> values;
  for (size_t i = 0; i < videos.size(); ++i) {
    const size_t size = videos[i]->size();
    if (metric.row_size == 0 && size != width)
      throw_input(
          fmt::format("metric {}: feature vectors of {} and {} numbers in one set", metric.id, width, size));
    if (width == 0 || size % width != 0)
      throw_input(
          fmt::format("metric {}: a feature vector of {} numbers is not rows of {}", metric.id, size, width));
    values.insert(values.end(), videos[i]->begin(), videos[i]->end());
    rows.video.insert(rows.video.end(), size / width, static_cast<Eigen::Index>(i));
  }
  rows.matrix = stats::features_from_floats(values, rows.video.size(), width);
  return rows;
}

// `of_rows` with a video's weight for each of its rows.
stats::WeightedStatistic of_videos(stats::WeightedStatistic of_rows, std::vector<Eigen::Index> video) {
  return [of_rows = std::move(of_rows), video = std::move(video)](const Eigen::VectorXd& weights) {
    return of_rows(weights(video));
  };
}

}  // namespace

SetStatistic set_statistic(const store::MetricInfo& metric,
                           const std::vector<const std::vector<float>*>& videos,
                           const store::ReferenceFeatures* reference) {
  const auto [generated, video] = rows_of(metric, videos);
  if (metric.reducer == "inception") return {of_videos(stats::inception_statistic(generated), video), 1};
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
    const stats::Gaussian real = stats::fit_gaussian(fixed, kind);
    return {of_videos(stats::frechet_statistic(generated, real, kind), video), 0};
  }
  return {of_videos(stats::kernel_statistic(generated, fixed), video), -HUGE_VAL};
}

}  // namespace vidbench::report
