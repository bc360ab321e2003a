#include "cli/plan_output.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/log.h"
#include "base/strings.h"
#include "cli/cells.h"
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
               {"peak_memory_bytes", one.peak_memory_bytes ? Json(*one.peak_memory_bytes) : Json()},
               {"runner", model.deployment.runner},
               {"command", model.deployment.command},
               {"settings", engine::effective_settings(plan.suite, model)},
               {"missing", model.missing}};
  if (one.paid)
    json["cost"] = one.cost ? Json{{"amount", one.cost->amount}, {"currency", one.cost->currency}} : Json();
  if (!described.execution.empty()) json["execution"] = workers::to_json(described.execution);
  if (!described.problem.empty()) json["problem"] = described.problem;
  return json;
}

std::string cost_text(const engine::ModelEstimate& one) {
  if (!one.paid) return "";
  return one.cost ? fmt::format("{:.2f} {}", one.cost->amount, one.cost->currency) : "unknown";
}

report::Table plan_table(const std::vector<engine::ModelEstimate>& estimates, const engine::Plan& plan) {
  report::Table table;
  table.columns = {{"model"},      {"runner"},     {"samples", true},   {"cached", true}, {"per video", true},
                   {"time", true}, {"disk", true}, {"memory", true, 2}, {"cost", true, 1}};
  for (size_t m = 0; m < estimates.size(); ++m) {
    const engine::ModelEstimate& one = estimates[m];
    table.rows.push_back({{one.model},
                          {plan.models[m].deployment.runner},
                          {std::to_string(one.samples)},
                          {std::to_string(one.cached)},
                          duration_cell(one.seconds_per_sample),
                          duration_cell(one.seconds()),
                          size_cell(one.disk_bytes()),
                          size_cell(one.peak_memory_bytes),
                          {cost_text(one)}});
  }
  return table;
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
  output.show(
      {.title = "Plan of suite " + plan.suite.id, .document = document, .rows = "models", .table = [&](bool) {
         return plan_table(estimates, plan);
       }});
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
