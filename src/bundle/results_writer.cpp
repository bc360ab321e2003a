#include <fmt/format.h>

#include <cmath>

#include "base/base64.h"
#include "bundle/results.h"
#include "store/records_json.h"

namespace vidbench::bundle {
namespace {

// JSON has no infinity, and the PSNR of two equal videos is one.
Json number(double value) {
  if (std::isfinite(value)) return value;
  return std::isnan(value) ? "nan" : value > 0 ? "inf" : "-inf";
}

Json numbers(const std::map<std::string, double>& values) {
  Json json = Json::object();
  for (const auto& [name, value] : values) json[name] = number(value);
  return json;
}

Json run_line(const store::RunRecord& run) {
  // A run that nobody works on and that says "running" was killed.
  const store::RunState state =
      run.state == store::RunState::kRunning ? store::RunState::kInterrupted : run.state;
  return {{"kind", "run"},
          {"id", run.id},
          {"suite", run.suite},
          {"suite_digest", run.suite_digest},
          {"state", store::to_string(state)},
          {"created_at", run.created_at},
          {"finished_at", run.finished_at}};
}

Json measurements_json(const store::Measurements& measurements) {
  Json features = Json::object();
  for (const auto& [name, values] : measurements.features)
    features[name] = base64(std::as_bytes(std::span(values)));
  return {
      {"values", numbers(measurements.values)}, {"features", features}, {"missing", measurements.missing}};
}

Json sample_line(const store::SampleRecord& sample, const ResultsOptions& options) {
  Json json = {{"kind", "sample"},
               {"id", sample.id},
               {"model", sample.model},
               {"prompt_ref", sample.prompt_ref},
               {"category", sample.category},
               {"seed", sample.seed},
               {"batch", sample.batch},
               {"state", store::to_string(sample.state)},
               {"attempts", sample.attempts}};
  if (options.keys) json["key"] = sample.key;
  if (sample.video) {
    json["video"] = store::to_json(*sample.video);
    json["video"].erase("path");
  }
  if (sample.measurements) json["measurements"] = measurements_json(*sample.measurements);
  if (sample.failure) {
    json["failure"] = {{"kind", sample.failure->kind}, {"message", sample.failure->message}};
    if (options.logs) json["failure"]["log_tail"] = sample.failure->log_tail;
  }
  return json;
}

Json aggregate_line(const store::Aggregate& one) {
  return {{"kind", "aggregate"},
          {"model", one.model},
          {"metric", one.metric},
          {"value", number(one.value)},
          {"low", number(one.low)},
          {"high", number(one.high)},
          {"n", one.n}};
}

}  // namespace

std::string reference_name(size_t index) { return fmt::format("references/{}.f32", index); }

void write_results(const store::RunContent& content, const ResultsOptions& options,
                   const std::function<void(std::string_view)>& sink) {
  const auto line = [&](const Json& json) { sink(document(json, -1) + "\n"); };
  line(run_line(content.run));
  for (const store::ModelFacts& facts : content.facts)
    line({{"kind", "model"}, {"id", facts.model}, {"facts", store::to_json(facts)}});
  for (const store::SampleRecord& sample : content.samples) line(sample_line(sample, options));
  for (const store::Aggregate& one : content.aggregates) line(aggregate_line(one));
  for (const Json& event : content.events)
    line({{"kind", "event"},
          {"at", event.at("at")},
          {"event", event.at("kind")},
          {"detail", event.at("detail")}});
  size_t index = 0;
  for (const auto& [key, features] : content.references)
    line({{"kind", "reference"},
          {"key", key},
          {"rows", features.rows},
          {"dim", features.dim},
          {"file", reference_name(index++)}});
}

}  // namespace vidbench::bundle
