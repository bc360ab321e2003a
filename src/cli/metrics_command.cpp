// vidbench metrics: what each number means, and what can be computed here.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/error.h"
#include "base/licence.h"
#include "base/strings.h"
#include "base/variable.h"
#include "cli/context.h"
#include "cli/fields.h"
#include "cli/output.h"
#include "report/format.h"
#include "workers/evaluator.h"
#include "workers/measurements.h"

namespace vidbench::cli {
namespace {

struct Arguments {
  std::string metric, evaluator;
  Output output;
  WeightsOptions weights;
};

std::vector<store::MetricInfo> offered(const Arguments& arguments) {
  const std::filesystem::path log = cache_directory() / "metrics" / "evaluator.log";
  std::filesystem::create_directories(log.parent_path());
  workers::Evaluator evaluator(evaluator_command(arguments.evaluator, arguments.weights), {.log_path = log});
  return evaluator.start();
}

Json description(const store::MetricInfo& metric) {
  Json json = store::to_json(metric);
  json["available"] = metric.unavailable.empty();
  json["non_commercial"] = is_non_commercial(metric.licence);
  return json;
}

std::string kind(const store::MetricInfo& metric) { return metric.is_set ? "set" : "sample"; }
std::string better(const store::MetricInfo& metric) { return metric.higher_is_better ? "higher" : "lower"; }

std::string computed_here(const store::MetricInfo& metric) {
  if (!metric.unavailable.empty()) return "no: " + metric.unavailable;
  return metric.unverified ? "yes, with weights that are not the official ones" : "yes";
}

std::string range(const store::MetricInfo& metric) {
  const auto bound = [](const std::optional<double>& value) { return value ? report::exact(*value) : "…"; };
  if (!metric.minimum && !metric.maximum) return "unbounded";
  return bound(metric.minimum) + " to " + bound(metric.maximum);
}

report::Table table_of(const std::vector<store::MetricInfo>& metrics) {
  report::Table table;
  table.columns = {{"metric"},  {"kind", false, 2}, {"better", false, 1},     {"needs", false, 3},
                   {"licence"}, {"non-commercial"}, {"can be computed here"}, {"why not", false, 4}};
  for (const auto& metric : metrics) {
    const bool here = metric.unavailable.empty();
    table.rows.push_back({{metric.id},
                          {kind(metric)},
                          {better(metric)},
                          {join(metric.needs, ", ")},
                          {metric.licence},
                          {is_non_commercial(metric.licence) ? "NON-COMMERCIAL" : "", report::Emphasis::kBad},
                          {here ? "yes" : "no", here ? report::Emphasis::kGood : report::Emphasis::kDim},
                          {one_line(metric.unavailable)}});
  }
  return table;
}

void list(const Arguments& arguments) {
  const auto metrics = offered(arguments);
  const auto document = [&] {
    Json json = Json::array();
    for (const auto& metric : metrics) json.push_back(description(metric));
    return Json{{"schema", "vidbench.metrics/1"}, {"metrics", json}};
  };
  arguments.output.show({.title = "Metrics", .document = document, .rows = "metrics", .table = [&](bool) {
                           return table_of(metrics);
                         }});
}

// What is known of the metric, as names and texts.
Fields fields_of(const store::MetricInfo& metric) {
  return {{"metric", metric.id},
          {"title", metric.title},
          {"version", std::to_string(metric.version)},
          {"kind", metric.is_set ? "set: one number for a set of videos (" + metric.reducer + ")"
                                 : "sample: one number a video, averaged"},
          {"better", better(metric)},
          {"unit", metric.unit},
          {"range", range(metric)},
          {"needs", join(metric.needs, ", ")},
          {"minimum videos", metric.minimum_videos > 0 ? std::to_string(metric.minimum_videos) : ""},
          {"definition", metric.definition},
          {"known failures", metric.failure_cases},
          {"citation", metric.citation},
          {"licence", is_non_commercial(metric.licence) ? metric.licence + " — NON-COMMERCIAL use only"
                                                        : metric.licence},
          {"weights files", join(metric.weights_files, ", ")},
          {"weights sha256", metric.weights_sha256},
          {"computed here", computed_here(metric)}};
}

void show(const Arguments& arguments) {
  const auto metric = workers::choose_metrics(offered(arguments), {arguments.metric}).front();
  const auto document = [&] {
    Json json = description(metric);
    json["schema"] = "vidbench.metric/1";
    return json;
  };
  arguments.output.show(fields_view(
      metric.id, [&] { return fields_of(metric); }, document));
}

// The metric worker has the videos and the networks: it takes this process over.
[[noreturn]] void audit(const WeightsOptions& weights, const std::vector<std::string>& rest) {
  std::vector<std::string> words = evaluator_command("", weights);
  words.emplace_back("audit");
  words.insert(words.end(), rest.begin(), rest.end());
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  ::execv(pointers.front(), pointers.data());
  throw_environment(fmt::format("cannot start {}: {}", words.front(), std::strerror(errno)));
}

void add_options(CLI::App& command, Arguments& arguments) {
  add_weights_options(command, arguments.weights);
  command.add_option("--evaluator", arguments.evaluator, "another metric worker (default: vidbench-eval)");
  add_output_options(command, arguments.output);
}

}  // namespace

void add_metrics_command(CLI::App& app, Context&) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* metrics = app.add_subcommand("metrics", "list and show metrics");
  metrics->require_subcommand(1);
  CLI::App* list_command = metrics->add_subcommand("list", "the metrics, and which can be computed here");
  add_options(*list_command, *arguments);
  list_command->callback([arguments] { list(*arguments); });
  CLI::App* show_command = metrics->add_subcommand(
      "show", "one metric: definition, range, known failures, licence, citation, weights");
  show_command->add_option("metric", arguments->metric, "metric id")->required();
  add_options(*show_command, *arguments);
  show_command->callback([arguments] { show(*arguments); });
  CLI::App* audit_command = metrics->add_subcommand(
      "audit",
      "corrupt videos in rising strength and see which metrics notice: [VIDEOS] [--metrics ID,ID] "
      "[--count N] [--frames N] [--format table|json|md]");
  add_weights_options(*audit_command, arguments->weights);
  audit_command->allow_extras();
  audit_command->callback(
      [arguments, audit_command] { audit(arguments->weights, audit_command->remaining()); });
}

}  // namespace vidbench::cli
