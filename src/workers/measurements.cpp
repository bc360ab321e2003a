#include "workers/measurements.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/strings.h"
#include "workers/results.h"
#include "workers/worker_error.h"

namespace vidbench::workers {
namespace {

[[noreturn]] void refuse(const std::string& message) { throw WorkerError({"bad-output", message, ""}); }

// The member `key` of the member `group`, or null.
const Json& member(const Json& json, const char* group, const std::string& key) {
  static const Json null;
  if (!json.contains(group) || !json[group].is_object()) return null;
  const auto found = json[group].find(key);
  return found == json[group].end() ? null : *found;
}

// `row_size`: of MetricInfo.
std::vector<float> read_vector(const Json& json, const std::string& name, int64_t row_size) {
  if (!json.is_array() || json.empty()) refuse(fmt::format("'{}' must be a list of numbers", name));
  std::vector<float> values;
  values.reserve(json.size());
  for (const Json& item : json) {
    const float value = item.is_number() ? item.get<float>() : NAN;
    if (!std::isfinite(value)) refuse(fmt::format("'{}' holds something that is not a finite number", name));
    values.push_back(value);
  }
  if (row_size > 0 && values.size() % static_cast<size_t>(row_size) != 0)
    refuse(fmt::format("'{}' has {} numbers, not rows of {}", name, values.size(), row_size));
  return values;
}

void read_metric(const Json& entry, const store::MetricInfo& metric, const EvaluateRequest& request,
                 store::Measurements& into) {
  const Json& missing = member(entry, "missing", metric.id);
  if (missing.is_string()) {
    into.missing[metric.id] = one_line(missing.get<std::string>());
    return;
  }
  if (metric.is_set) {
    if (!into.features.contains(metric.features))
      into.features[metric.features] =
          read_vector(member(entry, "features", metric.features), metric.features, metric.row_size);
    return;
  }
  const Json& value = member(entry, "values", metric.id);
  if (const std::string reason = store::not_asked(metric, request.asked);
      value.is_null() && !reason.empty()) {
    into.missing[metric.id] = reason;
    return;
  }
  if (value.is_null() && store::needs(metric, "paired") && request.paired.empty()) {
    into.missing[metric.id] = "the video has no partner";
    return;
  }
  if (!value.is_number() || !std::isfinite(value.get<double>()))
    refuse(fmt::format("no finite value of '{}'", metric.id));
  into.values[metric.id] = value.get<double>();
}

EvaluateOutcome read_outcome(const ResultIndex& index, const EvaluateRequest& request,
                             const std::vector<store::MetricInfo>& metrics) {
  EvaluateOutcome outcome{request.id, std::nullopt, index.failure_of(request.id)};
  if (outcome.failure) return outcome;
  try {
    store::Measurements measurements;
    for (const store::MetricInfo& metric : metrics)
      read_metric(index.entries.at(request.id), metric, request, measurements);
    outcome.measurements = std::move(measurements);
  } catch (const WorkerError& e) {
    outcome.failure = e.failure();
  }
  return outcome;
}

// One vector for each of `count` videos.
store::ReferenceFeatures read_rows(const Json& videos, int64_t count, const std::string& name,
                                   int64_t row_size) {
  if (!videos.is_array() || static_cast<int64_t>(videos.size()) != count)
    refuse(fmt::format("'{}' must have {} vectors", name, count));
  store::ReferenceFeatures features;
  for (const Json& video : videos) {
    const std::vector<float> values = read_vector(video, name, row_size);
    const auto size = static_cast<int64_t>(values.size());
    if (features.rows == 0) features.dim = row_size > 0 ? row_size : size;
    if (row_size == 0 && size != features.dim)
      refuse(fmt::format("the vectors of '{}' differ in length", name));
    features.data.insert(features.data.end(), values.begin(), values.end());
    features.rows += size / features.dim;
  }
  return features;
}

int64_t row_size_of(const std::string& feature, const std::vector<store::MetricInfo>& offered) {
  for (const store::MetricInfo& metric : offered)
    if (metric.is_set && metric.features == feature) return metric.row_size;
  return 0;
}

}  // namespace

std::vector<store::MetricInfo> choose_metrics(const std::vector<store::MetricInfo>& offered,
                                              const std::vector<std::string>& asked) {
  std::vector<std::string> ids;
  for (const store::MetricInfo& metric : offered) ids.push_back(metric.id);
  std::vector<store::MetricInfo> chosen;
  for (const std::string& id : asked) {
    const auto found = std::find(ids.begin(), ids.end(), id);
    if (found == ids.end())
      throw_input(fmt::format("the evaluator does not offer the metric '{}'", id), suggestion(id, ids));
    chosen.push_back(offered[static_cast<size_t>(found - ids.begin())]);
  }
  return chosen;
}

std::vector<EvaluateOutcome> read_evaluate_result(const Json& result,
                                                  const std::vector<EvaluateRequest>& requests,
                                                  const std::vector<store::MetricInfo>& metrics) {
  std::vector<std::string> ids;
  for (const EvaluateRequest& request : requests) ids.push_back(request.id);
  const ResultIndex index = index_results(result, ids);
  std::vector<EvaluateOutcome> outcomes;
  for (const EvaluateRequest& request : requests) outcomes.push_back(read_outcome(index, request, metrics));
  return outcomes;
}

std::map<std::string, store::ReferenceFeatures> read_reference_result(
    const Json& result, int64_t count, const std::vector<std::string>& features,
    const std::vector<store::MetricInfo>& offered) {
  if (!result.is_object()) refuse("the answer to 'reference' is not an object");
  std::map<std::string, store::ReferenceFeatures> sets;
  for (const std::string& id : features)
    sets[id] = read_rows(member(result, "features", id), count, id, row_size_of(id, offered));
  return sets;
}

}  // namespace vidbench::workers
