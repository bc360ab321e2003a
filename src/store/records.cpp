#include "store/records.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "store/vbench_id.h"

namespace vidbench::store {
namespace {

constexpr std::array<std::pair<RunState, std::string_view>, 4> kRunStates = {
    {{RunState::kRunning, "running"},
     {RunState::kDone, "done"},
     {RunState::kFailed, "failed"},
     {RunState::kInterrupted, "interrupted"}}};
constexpr std::array<std::pair<SampleState, std::string_view>, 4> kSampleStates = {
    {{SampleState::kPlanned, "planned"},
     {SampleState::kGenerated, "generated"},
     {SampleState::kEvaluated, "evaluated"},
     {SampleState::kFailed, "failed"}}};

template <typename Table, typename State>
std::string name_of(const Table& table, State state) {
  for (const auto& [value, name] : table)
    if (value == state) return std::string(name);
  throw Error(ErrorCode::kInternal, "a state without a name");
}

template <typename Table>
auto state_of(const Table& table, const std::string& text) {
  for (const auto& [value, name] : table)
    if (name == text) return value;
  throw_input(fmt::format("'{}' is not a state", text));
}

Json bound(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

template <typename T>
T member(const Json& json, const char* name, const std::string& metric) {
  const auto found = json.find(name);
  if (found == json.end()) throw_input(fmt::format("metric '{}': member '{}' is missing", metric, name));
  try {
    return found->get<T>();
  } catch (const Json::exception&) {
    throw_input(fmt::format("metric '{}': member '{}' has the wrong type", metric, name));
  }
}

template <typename T>
T member_or(const Json& json, const char* name, const std::string& metric, T fallback) {
  return json.contains(name) && !json[name].is_null() ? member<T>(json, name, metric) : fallback;
}

}  // namespace

std::string to_string(RunState state) { return name_of(kRunStates, state); }
RunState run_state_from_string(const std::string& text) { return state_of(kRunStates, text); }
std::string to_string(SampleState state) { return name_of(kSampleStates, state); }
SampleState sample_state_from_string(const std::string& text) { return state_of(kSampleStates, text); }

std::string not_asked(const MetricInfo& metric, const Asked& asked) {
  if (needs(metric, "prompt") && asked.prompt.empty()) return "the video has no prompt";
  if (needs(metric, "auxiliary") && asked.auxiliary.empty()) return "nothing is told beside the prompt";
  const auto vbench = vbench_id(metric.id);
  if (!asked.dimensions || !vbench) return "";
  std::string dimension = vbench->dimension;
  std::replace(dimension.begin(), dimension.end(), '-', '_');
  if (dimension == "static") dimension = "temporal_flickering";  // the filter before that dimension
  const auto& all = *asked.dimensions;
  const bool asks = std::find(all.begin(), all.end(), dimension) != all.end();
  return asks ? "" : "its prompt is not one of this dimension";
}

bool needs(const MetricInfo& metric, std::string_view what) {
  return std::find(metric.needs.begin(), metric.needs.end(), what) != metric.needs.end();
}

Json to_json(const MetricInfo& metric) {
  return {{"id", metric.id},
          {"version", metric.version},
          {"title", metric.title},
          {"unit", metric.unit},
          {"better", metric.higher_is_better ? "higher" : "lower"},
          {"range", {bound(metric.minimum), bound(metric.maximum)}},
          {"kind", metric.is_set ? "set" : "sample"},
          {"reducer", metric.reducer},
          {"features", metric.features},
          {"row_size", metric.row_size},
          {"needs", metric.needs},
          {"definition", metric.definition},
          {"failure_cases", metric.failure_cases},
          {"citation", metric.citation},
          {"licence", metric.licence},
          {"weights_files", metric.weights_files},
          {"weights_sha256", metric.weights_sha256},
          {"unverified", metric.unverified},
          {"precision", metric.precision},
          {"minimum_videos", metric.minimum_videos},
          {"unavailable", metric.unavailable}};
}

MetricInfo metric_info_from_json(const Json& json) {
  if (!json.is_object()) throw_input("a metric description must be a JSON object");
  MetricInfo metric;
  metric.id = member<std::string>(json, "id", "?");
  metric.version = member<int>(json, "version", metric.id);
  metric.title = member<std::string>(json, "title", metric.id);
  metric.unit = member_or<std::string>(json, "unit", metric.id, "");
  const auto better = member<std::string>(json, "better", metric.id);
  if (better != "higher" && better != "lower")
    throw_input(fmt::format("metric '{}': 'better' must be higher or lower, not '{}'", metric.id, better));
  metric.higher_is_better = better == "higher";
  if (const auto range = json.find("range"); range != json.end() && range->is_array() && range->size() == 2) {
    if ((*range)[0].is_number()) metric.minimum = (*range)[0].get<double>();
    if ((*range)[1].is_number()) metric.maximum = (*range)[1].get<double>();
  }
  metric.is_set = member<std::string>(json, "kind", metric.id) == "set";
  metric.reducer = member_or<std::string>(json, "reducer", metric.id, "mean");
  metric.features = member_or<std::string>(json, "features", metric.id, "");
  if (metric.is_set && metric.features.empty())
    throw_input(fmt::format("metric '{}': a set metric must name its features", metric.id));
  metric.row_size = member_or<int64_t>(json, "row_size", metric.id, 0);
  if (metric.row_size < 0)
    throw_input(fmt::format("metric '{}': 'row_size' must not be negative", metric.id));
  metric.needs = member_or<std::vector<std::string>>(json, "needs", metric.id, {});
  metric.definition = member_or<std::string>(json, "definition", metric.id, "");
  metric.failure_cases = member_or<std::string>(json, "failure_cases", metric.id, "");
  metric.citation = member_or<std::string>(json, "citation", metric.id, "");
  metric.licence = member_or<std::string>(json, "licence", metric.id, "");
  metric.weights_files = member_or<std::vector<std::string>>(json, "weights_files", metric.id, {});
  metric.weights_sha256 = member_or<std::string>(json, "weights_sha256", metric.id, "");
  metric.unverified = member_or<bool>(json, "unverified", metric.id, false);
  metric.precision = member_or<std::string>(json, "precision", metric.id, "");
  metric.minimum_videos = member_or<int64_t>(json, "minimum_videos", metric.id, 0);
  metric.unavailable = member_or<std::string>(json, "unavailable", metric.id, "");
  return metric;
}

}  // namespace vidbench::store
