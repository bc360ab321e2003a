#include "cli/plan_output.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/log.h"
#include "base/strings.h"
#include "cli/context.h"
#include "engine/estimate.h"
#include "workers/execution.h"

namespace vidbench::cli {
namespace {

struct Described {
  workers::Execution execution;
  std::string problem;  // why it cannot be told
};

Described describe(const engine::Plan& plan, size_t model, const engine::RunOptions& options) {
  const auto first = std::find_if(plan.samples.begin(), plan.samples.end(),
                                  [&](const auto& sample) { return sample.model == plan.models[model].id; });
  if (first == plan.samples.end()) return {};
  workers::RunnerOptions runner;
  runner.threads = options.threads;
  runner.device = options.device;
  runner.offline = options.offline;
  try {
    const auto& request = plan.requests[static_cast<size_t>(first - plan.samples.begin())];
    return {workers::describe_execution(plan.models[model], request, runner), ""};
  } catch (const Error& e) {
    return {{}, e.what()};
  }
}

Json to_json(const engine::ModelEstimate& one, const engine::Plan& plan, size_t m,
             const Described& described) {
  const registry::Model& model = plan.models[m];
  Json json = {{"model", one.model},
               {"samples", one.samples},
               {"cached", one.cached},
               {"seconds_per_sample", one.seconds_per_sample ? Json(*one.seconds_per_sample) : Json()},
               {"bytes", one.bytes ? Json(*one.bytes) : Json()},
               {"runner", model.deployment.runner},
               {"command", model.deployment.command},
               {"settings", engine::effective_settings(plan.suite, model)},
               {"missing", model.missing}};
  if (!described.execution.empty()) json["execution"] = workers::to_json(described.execution);
  if (!described.problem.empty()) json["problem"] = described.problem;
  return json;
}

std::string seconds_text(const std::optional<double>& seconds) {
  return seconds ? human_duration(*seconds) : "unknown";
}

std::vector<std::string> row(const engine::ModelEstimate& one, const registry::Model& model) {
  std::optional<double> total;
  if (one.seconds_per_sample) total = *one.seconds_per_sample * static_cast<double>(one.samples - one.cached);
  const bool all_cached = one.cached == one.samples;
  return {one.model,
          model.deployment.runner,
          std::to_string(one.samples),
          std::to_string(one.cached),
          seconds_text(one.seconds_per_sample),
          all_cached ? "0 ms" : seconds_text(total),
          all_cached  ? "0 B"
          : one.bytes ? human_bytes(*one.bytes)
                      : "unknown"};
}

}  // namespace

void print_plan(store::Store& store, const engine::Plan& plan, const engine::RunOptions& options,
                const Output& output) {
  const auto estimates = engine::estimate(store, plan, options);
  std::vector<Described> described;
  for (size_t m = 0; m < estimates.size(); ++m) described.push_back(describe(plan, m, options));
  const auto document = [&] {
    Json models = Json::array();
    for (size_t m = 0; m < estimates.size(); ++m)
      models.push_back(to_json(estimates[m], plan, m, described[m]));
    return Json{{"schema", "vidbench.plan/1"}, {"suite", plan.suite.id}, {"models", models}};
  };
  const auto table_of = [&](bool) {
    report::Table table;
    table.columns = {{"model"},           {"runner"},     {"samples", true}, {"cached", true},
                     {"per video", true}, {"time", true}, {"disk", true}};
    for (size_t m = 0; m < estimates.size(); ++m) {
      auto& cells = table.rows.emplace_back();
      for (const auto& text : row(estimates[m], plan.models[m])) cells.push_back({text});
    }
    return table;
  };
  output.show(
      {.title = "Plan of suite " + plan.suite.id, .document = document, .rows = "models", .table = table_of});
  if (output.format.starts_with("json")) return;
  for (size_t m = 0; m < estimates.size(); ++m) {
    const registry::Model& model = plan.models[m];
    if (!described[m].execution.empty())
      log_info(fmt::format("{} would execute: {}", model.id, workers::shell_text(described[m].execution)));
    if (!described[m].problem.empty()) log_info(fmt::format("{}: {}", model.id, described[m].problem));
    for (const auto& what : model.missing) log_info(fmt::format("{} is missing: {}", model.id, what));
  }
}

}  // namespace vidbench::cli
