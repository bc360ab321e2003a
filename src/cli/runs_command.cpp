#include <fmt/format.h>

#include <filesystem>
#include <map>

#include "base/error.h"
#include "base/log.h"
#include "cli/context.h"
#include "cli/output.h"
#include "engine/run.h"

namespace vidbench::cli {
namespace {

struct RunsArguments {
  std::string run;
  Output output;
  bool keep_files = false;
};

// A run that says "running" but that nobody works on was killed.
std::string true_state(const store::RunRecord& run) {
  const bool killed = run.state == store::RunState::kRunning && !engine::run_is_active(run.directory);
  return to_string(killed ? store::RunState::kInterrupted : run.state);
}

std::map<std::string, size_t> count_states(const std::vector<store::SampleRecord>& samples) {
  std::map<std::string, size_t> counts = {{"planned", 0}, {"generated", 0}, {"evaluated", 0}, {"failed", 0}};
  for (const auto& sample : samples) ++counts[to_string(sample.state)];
  return counts;
}

Json run_json(store::Store& store, const store::RunRecord& run) {
  const auto counts = count_states(store.samples(run.id, false));
  return {{"id", run.id},
          {"suite", run.suite},
          {"state", true_state(run)},
          {"created_at", run.created_at},
          {"finished_at", run.finished_at},
          {"directory", run.directory},
          {"origin", run.imported_from.empty() ? "here" : "imported"},
          {"bundle", run.imported_from},
          {"samples", counts}};
}

report::Table runs_table(const Json& runs) {
  report::Table table;
  table.columns = {{"run"},          {"suite"},   {"state"},           {"done", true},
                   {"failed", true}, {"created"}, {"origin", false, 1}};
  for (const Json& run : runs) {
    size_t total = 0;
    for (const auto& [state, n] : run.at("samples").items()) total += n.get<size_t>();
    table.rows.push_back({{run.at("id")},
                          {run.at("suite")},
                          {run.at("state")},
                          {fmt::format("{}/{}", run.at("samples").at("evaluated").get<size_t>(), total)},
                          {std::to_string(run.at("samples").at("failed").get<size_t>())},
                          {run.at("created_at")},
                          {run.at("origin")}});
  }
  return table;
}

void list(const RunsArguments& arguments, Context& context) {
  auto store = context.open_store();
  Json runs = Json::array();
  for (const auto& run : store->runs()) runs.push_back(run_json(*store, run));
  arguments.output.show({.title = "Runs",
                         .document =
                             [&] {
                               return Json{{"schema", "vidbench.runs/1"}, {"runs", runs}};
                             },
                         .rows = "runs",
                         .table = [&](bool) { return runs_table(runs); }});
}

Json failure_json(const store::SampleRecord& sample) {
  return {{"sample", sample.id},
          {"model", sample.model},
          {"prompt", sample.prompt_ref},
          {"kind", sample.failure->kind},
          {"message", sample.failure->message},
          {"attempts", sample.attempts},
          {"log_tail", sample.failure->log_tail}};
}

Json details_json(store::Store& store, const store::RunRecord& run,
                  const std::vector<store::SampleRecord>& samples) {
  Json json = run_json(store, run);
  json["schema"] = "vidbench.run/1";
  json["manifest"] = run.manifest;
  json["events"] = store.events(run.id);
  json["failures"] = Json::array();
  for (const auto& sample : samples)
    if (sample.failure) json["failures"].push_back(failure_json(sample));
  return json;
}

report::Table run_table(const store::RunRecord& run, const std::vector<store::SampleRecord>& samples) {
  report::Table table;
  table.columns = {{"model"}, {"evaluated", true}, {"failed", true}, {"open", true}};
  for (const Json& model : run.manifest.at("models")) {
    std::vector<store::SampleRecord> own;
    for (const auto& sample : samples)
      if (sample.model == model.at("id").get<std::string>()) own.push_back(sample);
    auto counts = count_states(own);
    table.rows.push_back({{model.at("id")},
                          {std::to_string(counts["evaluated"])},
                          {std::to_string(counts["failed"])},
                          {std::to_string(counts["planned"] + counts["generated"])}});
  }
  return table;
}

std::string run_text(const store::RunRecord& run, const std::vector<store::SampleRecord>& samples) {
  std::string text = fmt::format(
      "run        {}\nsuite      {} (digest {})\nstate      {}\ncreated    {}\nfinished   "
      "{}\ndirectory  {}\norigin     {}\n",
      run.id, run.suite, run.suite_digest.substr(0, 12), true_state(run), run.created_at,
      run.finished_at.empty() ? "-" : run.finished_at, run.directory,
      run.imported_from.empty() ? "made here" : "imported from bundle " + run.imported_from);
  text += report::draw_terminal(run_table(run, samples), stdout_style()).text;
  for (const auto& sample : samples)
    if (sample.failure)
      text += fmt::format("{} {} {}: {}: {}\n", sample.id, sample.model, sample.prompt_ref,
                          sample.failure->kind, sample.failure->message);
  return text;
}

void show(const RunsArguments& arguments, Context& context) {
  auto store = context.open_store();
  const auto run = store->run(arguments.run);
  const auto samples = store->samples(run.id, false);
  arguments.output.show({.title = "Run " + run.id,
                         .document = [&] { return details_json(*store, run, samples); },
                         .table = [&](bool) { return run_table(run, samples); },
                         .own = {{"table", [&] { return run_text(run, samples); }}}});
}

void remove(const RunsArguments& arguments, Context& context) {
  auto store = context.open_store();
  const auto run = store->run(arguments.run);
  if (engine::run_is_active(run.directory))
    throw_input(fmt::format("run {} is in progress", run.id), "stop it first");
  store->remove_run(run.id);
  if (!arguments.keep_files &&
      std::filesystem::exists(std::filesystem::path(run.directory) / "manifest.json"))
    std::filesystem::remove_all(run.directory);
  log_info("removed " + run.id);
}

}  // namespace

void add_runs_command(CLI::App& app, Context& context) {
  auto arguments = std::make_shared<RunsArguments>();
  CLI::App* runs = app.add_subcommand("runs", "list, show and remove runs");
  runs->require_subcommand(1);

  CLI::App* list_command = runs->add_subcommand("list", "all runs, newest first");
  add_output_options(*list_command, arguments->output);
  add_store_option(*list_command, context);
  list_command->callback([arguments, &context] { list(*arguments, context); });

  CLI::App* show_command = runs->add_subcommand("show", "one run: state, models, failures");
  show_command->add_option("run", arguments->run, "run id, a unique beginning of it, or last")->required();
  add_output_options(*show_command, arguments->output);
  add_store_option(*show_command, context);
  show_command->callback([arguments, &context] { show(*arguments, context); });

  CLI::App* remove_command = runs->add_subcommand("rm", "remove a run from the store, with its directory");
  remove_command->add_option("run", arguments->run, "run id or a unique beginning of it")->required();
  remove_command->add_flag("--keep-files", arguments->keep_files, "leave the run directory");
  add_store_option(*remove_command, context);
  remove_command->callback([arguments, &context] { remove(*arguments, context); });
}

}  // namespace vidbench::cli
