#include "report/video_scores.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/format.h"
#include "report/set_statistic.h"

namespace vidbench::report {
namespace {

// What the last video without the metric says of that, "" when none says anything.
std::string why_missing(const store::MetricInfo& metric,
                        const std::vector<store::VideoMeasurements>& videos) {
  std::string reason;
  for (const auto& video : videos) {
    if (!video.measurements) continue;
    const auto found = video.measurements->missing.find(metric.id);
    if (found != video.measurements->missing.end()) reason = found->second;
  }
  return reason;
}

MetricScore score_set(const store::MetricInfo& metric, const std::vector<store::VideoMeasurements>& videos,
                      const std::map<std::string, store::ReferenceFeatures>& references) {
  std::vector<const std::vector<float>*> rows;
  for (const auto& video : videos) {
    if (!video.measurements) continue;
    const auto found = video.measurements->features.find(metric.features);
    if (found != video.measurements->features.end()) rows.push_back(&found->second);
  }
  const auto reference = references.find(metric.features);
  if (rows.size() < 2) {
    const std::string reason = why_missing(metric, videos);
    return {
        metric,
        {},
        fmt::format("{} videos have it, 2 are needed{}{}", rows.size(), reason.empty() ? "" : "; ", reason)};
  }
  if (needs_reference(metric) && (reference == references.end() || reference->second.rows < 2))
    return {metric, {}, "fewer than 2 reference videos have it"};
  const SetStatistic statistic =
      set_statistic(metric, rows, needs_reference(metric) ? &reference->second : nullptr);
  stats::Interval interval = stats::weighted_interval(rows.size(), statistic.redraw, {.replicates = 200});
  interval.low = std::max(interval.low, statistic.minimum);
  return {metric, interval, ""};
}

MetricScore score_mean(const store::MetricInfo& metric, const std::vector<store::VideoMeasurements>& videos) {
  std::vector<double> values;
  for (const auto& video : videos) {
    if (!video.measurements) continue;
    const auto found = video.measurements->values.find(metric.id);
    if (found != video.measurements->values.end()) values.push_back(found->second);
  }
  if (values.empty()) {
    const std::string reason = why_missing(metric, videos);
    return {metric, {}, reason.empty() ? "no video is scored" : reason};
  }
  return {metric, stats::bootstrap_mean(values), ""};
}

double distance(double a, double b) { return std::abs(a - b); }
double distance(const std::vector<float>& a, const std::vector<float>& b) {
  double sum = 0;
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) sum += std::pow(a[i] - b[i], 2);
  return std::sqrt(sum);
}
double size_of(double a) { return std::abs(a); }
double size_of(const std::vector<float>& a) {
  double sum = 0;
  for (const float x : a) sum += double{x} * x;
  return std::sqrt(sum);
}

// None when one of the two lacks it; that of two zeros is 0.
template <typename Values>
std::optional<double> relative_error(const Values& values, const Values& exact, const std::string& name) {
  const auto a = values.find(name), b = exact.find(name);
  if (a == values.end() || b == exact.end()) return {};
  const double error = distance(a->second, b->second);
  return error == 0 ? 0 : error / size_of(b->second);
}

Json precision_json(const PrecisionError& error) {
  return {
      {"precision", error.precision}, {"videos", error.videos}, {"largest_relative_error", error.largest}};
}

Json coverage_json(const Coverage& coverage) {
  return {{"found", coverage.found}, {"scored", coverage.scored}, {"failed", coverage.failed}};
}

Json failures_json(const std::vector<store::VideoMeasurements>& videos) {
  Json failures = Json::array();
  for (const auto& video : videos)
    if (video.failure)
      failures.push_back(
          {{"file", video.file}, {"kind", video.failure->kind}, {"error", video.failure->message}});
  return failures;
}

Json video_json(const store::VideoMeasurements& video) {
  Json json = {{"file", video.file}};
  if (video.failure) {
    json["error"] = video.failure->message;
    json["kind"] = video.failure->kind;
  }
  if (!video.measurements) return json;
  json["metrics"] = video.measurements->values;
  if (!video.measurements->missing.empty()) json["missing"] = video.measurements->missing;
  return json;
}

}  // namespace

std::vector<MetricScore> score_metrics(const std::vector<store::MetricInfo>& metrics,
                                       const std::vector<store::VideoMeasurements>& videos,
                                       const std::map<std::string, store::ReferenceFeatures>& references) {
  std::vector<MetricScore> scores;
  for (const auto& metric : metrics)
    scores.push_back(metric.is_set ? score_set(metric, videos, references) : score_mean(metric, videos));
  return scores;
}

std::map<std::string, double> largest_errors(const std::vector<store::MetricInfo>& metrics,
                                             const std::vector<store::VideoMeasurements>& videos,
                                             const std::vector<store::VideoMeasurements>& exact) {
  std::map<std::string, const store::Measurements*> by_file;
  for (const auto& video : exact)
    if (video.measurements) by_file[video.file] = &*video.measurements;
  std::map<std::string, double> errors;
  for (const auto& video : videos) {
    const auto other = by_file.find(video.file);
    if (!video.measurements || other == by_file.end()) continue;
    for (const auto& metric : metrics) {
      const auto error =
          metric.is_set
              ? relative_error(video.measurements->features, other->second->features, metric.features)
              : relative_error(video.measurements->values, other->second->values, metric.id);
      if (error) errors[metric.id] = std::max(errors[metric.id], *error);
    }
  }
  return errors;
}

Coverage coverage(const std::vector<store::VideoMeasurements>& videos) {
  Coverage result{videos.size(), 0, 0};
  for (const auto& video : videos) {
    result.scored += video.measurements.has_value();
    result.failed += video.failure.has_value();
  }
  return result;
}

Json to_json(const VideoScores& scores) {
  Json metrics = Json::object(), missing = Json::object(), videos = Json::array();
  for (const auto& score : scores.metrics) {
    if (!score.interval) {
      missing[score.metric.id] = score.missing;
      continue;
    }
    metrics[score.metric.id] = {
        {"value", score.interval->value},  {"low", score.interval->low},
        {"high", score.interval->high},    {"n", score.interval->n},
        {"unit", score.metric.unit},       {"better", score.metric.higher_is_better ? "higher" : "lower"},
        {"version", score.metric.version}, {"weights_sha256", score.metric.weights_sha256}};
    if (score.metric.unverified) metrics[score.metric.id]["unverified"] = true;
  }
  for (const auto& video : scores.videos) videos.push_back(video_json(video));
  Json document = {{"schema", "vidbench.score/1"},
                   {"metrics", metrics},
                   {"missing", missing},
                   {"videos", videos},
                   {"coverage", coverage_json(coverage(scores.videos))}};
  if (!scores.reference.empty()) {
    document["reference"] = coverage_json(coverage(scores.reference));
    document["reference"]["failures"] = failures_json(scores.reference);
  }
  if (scores.precision) document["precision"] = precision_json(*scores.precision);
  return document;
}

Table metrics_table(const VideoScores& scores) {
  const bool notes = std::any_of(scores.metrics.begin(), scores.metrics.end(), [](const auto& score) {
    return !score.interval || score.metric.unverified;
  });
  Table table;
  table.columns = {{"metric"}, {"value", true}, {"95 % interval", true}, {"videos", true}, {"better"}};
  if (notes) table.columns.push_back({"note", false, 1});
  for (const auto& [metric, interval, missing] : scores.metrics) {
    auto& row = table.rows.emplace_back();
    row.push_back({metric.id});
    row.push_back({interval ? format_value(interval->value, metric.unit) : "–", Emphasis::kNone,
                   interval ? exact(interval->value) : ""});
    row.push_back(
        {interval ? format_range(interval->value, interval->low, interval->high, metric.unit) : "–"});
    row.push_back({std::to_string(interval ? interval->n : 0)});
    row.push_back({metric.higher_is_better ? "higher" : "lower"});
    if (notes) row.push_back({interval && metric.unverified ? "unverified weights" : missing});
  }
  return table;
}

Table videos_table(const VideoScores& scores) {
  Table table;
  table.columns = {{"file"}};
  for (const auto& score : scores.metrics)
    if (!score.metric.is_set) table.columns.push_back({score.metric.id, true});
  table.columns.push_back({"error"});
  for (const auto& video : scores.videos) {
    std::vector<Cell> row = {{video.file}};
    for (const auto& score : scores.metrics) {
      if (score.metric.is_set) continue;
      const bool has = video.measurements && video.measurements->values.contains(score.metric.id);
      row.push_back({has ? exact(video.measurements->values.at(score.metric.id)) : ""});
    }
    row.push_back({video.failure ? video.failure->message : ""});
    table.rows.push_back(std::move(row));
  }
  return table;
}

}  // namespace vidbench::report
