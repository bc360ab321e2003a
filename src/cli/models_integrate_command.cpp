#include <fmt/format.h>

#include "base/error.h"
#include "base/log.h"
#include "base/strings.h"
#include "cli/cells.h"
#include "cli/models_commands.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/pull_options.h"
#include "cli/run_output.h"
#include "cli/run_places.h"
#include "cli/signals.h"
#include "cli/transfer_view.h"
#include "integration/integration.h"
#include "report/format.h"

namespace vidbench::cli {
namespace {

struct IntegrateArguments {
  std::string model, suite = "standard";
  RunPlaces places;
  bool online = false, quiet = false;
  integration::Options options;
  Output output;
};

report::Table table_of(const integration::Record& record) {
  report::Table table;
  table.columns = {{"step"}, {"state"}, {"took", true, 1}, {"result"}};
  for (const auto& step : record.steps)
    table.rows.push_back({{step.name},
                          {integration::to_string(step.state),
                           step.state == integration::StepState::kDone     ? report::Emphasis::kGood
                           : step.state == integration::StepState::kFailed ? report::Emphasis::kBad
                                                                           : report::Emphasis::kNone},
                          step.at.empty() ? report::Cell{""} : duration_cell(step.seconds),
                          {report::printable(step.result)}});
  return table;
}

void tell(const integration::Record& record) {
  for (const auto& step : record.steps)
    for (const std::string& finding : step.findings) log_warning(fmt::format("{}: {}", step.name, finding));
  log_info(fmt::format("{} is {} — {}", record.model, record.accepted() ? "accepted" : "not accepted (yet)",
                       (integration::record_folder(record.model) / "report.md").string()));
}

void integrate(IntegrateArguments& arguments, Context& context) {
  auto& options = arguments.options;
  options.suite = suites::find_suite(arguments.suite);
  options.run.suite_source = arguments.suite;
  take_places(options.run, arguments.places, context);
  options.run.offline = !arguments.online;
  const PullArguments pull = configured_pull(context);
  TransferView transfers(arguments.quiet);
  if (arguments.online && !pull.offline) {
    options.pull = pull_options(pull);
    options.pull->on_progress = [&](const std::string& file, const auto& progress) {
      transfers.show(file, progress);
    };
  }
  options.on_note = [&transfers](const std::string& note) {
    transfers.clear();
    log_info(note);
  };
  auto store = context.open_store();
  integration::Record record;
  {
    const StopOnSignal signals;
    ProgressView progress(stderr_is_terminal(), arguments.quiet);
    record = integration::integrate(*store, arguments.model, options, progress, signals.token());
  }
  if (const Json run = record.step("benchmark").detail.value("run", Json()); run.is_string())
    write_results(*store, run);
  arguments.output.show({.title = "Integration of " + record.model,
                         .document = [&] { return integration::to_json(record); },
                         .rows = "steps",
                         .table = [&](bool) { return table_of(record); }});
  tell(record);
  if (record.failed() != nullptr) context.exit_code = static_cast<int>(ErrorCode::kGateFailed);
}

}  // namespace

void add_models_integrate_command(CLI::App& models, Context& context) {
  auto arguments = std::make_shared<IntegrateArguments>();
  CLI::App* command = models.add_subcommand(
      "integrate",
      "registration, environment, validation, benchmark, publication: from an entry to the leaderboard");
  auto& options = arguments->options;
  command->add_option("model", arguments->model, "model id")->required();
  command->add_option("--suite", arguments->suite, "the suite to benchmark it on")->capture_default_str();
  command->add_option("--until", options.until, "the last step to take")
      ->check(CLI::IsMember(integration::step_names()))
      ->capture_default_str();
  command->add_option("--limit", options.run.plan.limit,
                      "only this many prompts, balanced over the categories");
  command->add_option("--device", options.run.device, "cpu, cuda, … (default: auto)");
  command->add_option("--frames", options.conformance.frames, "frames of the validation's videos");
  command->add_option("--width", options.conformance.width, "their width in pixels");
  command->add_option("--height", options.conformance.height, "their height in pixels");
  add_out_option(*command, arguments->places.runs_directory);
  add_run_places_options(*command, arguments->places);
  command->add_flag("--online", arguments->online, "fetch missing weights, and let workers use the network");
  command->add_flag("--again", options.again, "take every step again");
  add_quiet_flag(*command, arguments->quiet);
  add_output_options(*command, arguments->output);
  add_store_option(*command, context);
  command->callback([arguments, &context] { integrate(*arguments, context); });
}

}  // namespace vidbench::cli
