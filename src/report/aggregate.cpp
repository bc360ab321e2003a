#include "report/aggregate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "report/set_statistic.h"

namespace vidbench::report {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kConfidence = 0.95;

std::vector<double> finite(const std::vector<double>& values) {
  std::vector<double> result;
  std::copy_if(values.begin(), values.end(), std::back_inserter(result),
               [](double v) { return std::isfinite(v); });
  return result;
}

stats::Interval percentile_interval(double value, const std::vector<double>& replicates, size_t n) {
  const std::vector<double> usable = finite(replicates);
  if (n < 2 || usable.size() < 2) return {value, value, value, n};
  return {value, stats::quantile(usable, (1 - kConfidence) / 2),
          stats::quantile(usable, (1 + kConfidence) / 2), n};
}

// One row for each value or feature vector, with the unit that is redrawn.
struct Rows {
  std::vector<size_t> units;
  std::vector<double> values;
  std::vector<const std::vector<float>*> features;
};

Estimate estimate_mean(const Rows& rows, const Resamples& resamples) {
  const size_t n = rows.values.size();
  std::vector<double> replicates;
  replicates.reserve(resamples.size());
  for (const auto& counts : resamples) {
    double sum = 0, weight = 0;
    for (size_t i = 0; i < n; ++i) {
      sum += counts[rows.units[i]] * rows.values[i];
      weight += counts[rows.units[i]];
    }
    replicates.push_back(weight > 0 ? sum / weight : kNan);
  }
  Estimate result{percentile_interval(stats::mean(rows.values), replicates, n), {}};
  result.replicates.assign(replicates.begin(), replicates.begin() + kJointReplicates);
  return result;
}

// A set statistic changes systematically when rows repeat: the replicates are moved so that their median is
// the value, and tell the spread alone (stats::centred_interval).
Estimate estimate_set(const SetStatistic& statistic, const Rows& rows, const Resamples& resamples) {
  const auto n = rows.units.size();
  const double value = statistic.redraw(Eigen::VectorXd::Ones(static_cast<Eigen::Index>(n)));
  std::vector<double> replicates;
  for (size_t r = 0; r < kJointReplicates; ++r) {
    Eigen::VectorXd weights(static_cast<Eigen::Index>(n));
    for (size_t i = 0; i < n; ++i) weights[static_cast<Eigen::Index>(i)] = resamples[r][rows.units[i]];
    replicates.push_back((weights.array() > 0).count() >= 2 ? statistic.redraw(weights) : kNan);
  }
  const std::vector<double> usable = finite(replicates);
  if (usable.size() < 2) return {{value, value, value, n}, replicates};
  Estimate result{stats::centred_interval(value, usable, n, kConfidence), replicates};
  result.interval.low = std::max(statistic.minimum, result.interval.low);
  const double shift = value - stats::median(usable);
  for (double& replicate : result.replicates) replicate = std::max(statistic.minimum, replicate + shift);
  return result;
}

Rows rows_of(const RunData& data, const ModelSamples& model, const store::MetricInfo& metric) {
  Rows rows;
  for (const store::SampleRecord* sample : evaluated(model)) {
    const size_t unit = data.unit_index.at({sample->prompt_ref, sample->seed});
    if (metric.is_set) {
      const auto found = sample->measurements->features.find(metric.features);
      if (found == sample->measurements->features.end() || found->second.empty()) continue;
      rows.features.push_back(&found->second);
    } else {
      const auto found = sample->measurements->values.find(metric.id);
      if (found == sample->measurements->values.end() || !std::isfinite(found->second)) continue;
      rows.values.push_back(found->second);
    }
    rows.units.push_back(unit);
  }
  return rows;
}

// How many samples have the metric, and the most frequent reason why others have not.
std::string missing_reason(const ModelSamples& model, const std::string& metric, size_t have, size_t done) {
  if (done == 0) return "no sample is evaluated";
  std::map<std::string, size_t> counts;
  for (const store::SampleRecord* sample : evaluated(model)) {
    const auto found = sample->measurements->missing.find(metric);
    if (found != sample->measurements->missing.end()) ++counts[found->second];
  }
  std::string text = fmt::format("{} of {} samples have it", have, done);
  const auto most = std::max_element(counts.begin(), counts.end(),
                                     [](const auto& a, const auto& b) { return a.second < b.second; });
  if (most != counts.end()) text += fmt::format(": {}", most->first);
  return text;
}

void estimate_metric(const RunData& data, const ModelSamples& model, const store::MetricInfo& metric,
                     const Resamples& resamples, ModelEstimates& result) {
  const Rows rows = rows_of(data, model, metric);
  if (rows.units.size() < (metric.is_set ? 2U : 1U)) {
    result.missing[metric.id] = missing_reason(model, metric.id, rows.units.size(), result.done);
    return;
  }
  if (!metric.is_set) {
    result.metrics[metric.id] = estimate_mean(rows, resamples);
    return;
  }
  const auto reference = data.references.find(metric.features);
  if (needs_reference(metric) && reference == data.references.end()) {
    result.missing[metric.id] = "no reference features of " + metric.features;
    return;
  }
  const store::ReferenceFeatures* reference_rows =
      reference == data.references.end() ? nullptr : &reference->second;
  result.metrics[metric.id] =
      estimate_set(set_statistic(metric, rows.features, reference_rows), rows, resamples);
}

void count_samples(const ModelSamples& model, ModelEstimates& result) {
  result.planned = model.samples.size();
  for (const store::SampleRecord* sample : model.samples) {
    result.done += sample->state == store::SampleState::kEvaluated;
    result.failed += sample->state == store::SampleState::kFailed;
    result.cached_timings += sample->video && sample->video->from_cache;
  }
}

}  // namespace

std::vector<ModelEstimates> estimate(const RunData& data) {
  const Resamples resamples = draw_units(data, kMeanReplicates);
  std::vector<ModelEstimates> results;
  for (const ModelSamples& model : data.models) {
    ModelEstimates result;
    result.model = model.model;
    count_samples(model, result);
    for (const store::MetricInfo& metric : data.metrics)
      estimate_metric(data, model, metric, resamples, result);
    estimate_performance(model, result);
    results.push_back(std::move(result));
  }
  return results;
}

std::vector<store::Aggregate> aggregate_run(store::Store& store, const std::string& run) {
  std::vector<store::Aggregate> aggregates;
  for (const ModelEstimates& model : estimate(load_run_data(store, run, true))) {
    for (const auto& [metric, estimate] : model.metrics) {
      const stats::Interval& interval = estimate.interval;
      aggregates.push_back({model.model, metric, interval.value, interval.low, interval.high,
                            static_cast<int64_t>(interval.n)});
    }
  }
  return aggregates;
}

}  // namespace vidbench::report
