#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "base/error.h"
#include "base/files.h"
#include "base/log.h"
#include "base/strings.h"
#include "cli/context.h"
#include "cli/interactive.h"
#include "cli/plan_output.h"
#include "cli/progress.h"
#include "cli/run_output.h"
#include "cli/run_places.h"
#include "cli/signals.h"
#include "cli/terminal.h"
#include "engine/run.h"
#include "engine/variants.h"
#include "workers/container.h"
#include "workers/execution.h"

namespace vidbench::cli {
namespace {

struct RunArguments {
  std::string suite;
  std::vector<std::string> models;
  std::map<std::string, std::vector<double>> settings;  // name → values, each generated in turn
  std::string run;                                      // resume
  bool last = false, retry_failed = false, dry_run = false, quiet = false, plain = false, online = false,
       no_cache = false;
  std::string overlap = "auto", profile;
  RunPlaces places;
  engine::RunOptions options;
  Output output;
};

std::vector<registry::Model> choose_models(const RunArguments& arguments, const suites::Suite& suite) {
  const auto registry = registry::Registry::load_default();
  const auto names = split_lists(arguments.models);
  std::vector<registry::Model> models;
  for (const auto& id : names.empty() ? suite.models : names) {
    models.push_back(registry.find(id));
    workers::ask_engine(models.back());
  }
  engine::SettingsGrid grid;
  for (const auto& rule : suites::setting_rules())
    if (const auto found = arguments.settings.find(std::string(rule.name));
        found != arguments.settings.end() && !found->second.empty())
      grid.push_back(*found);
  return engine::variants(models, suite, grid);
}

void complete(RunArguments& arguments, const Context& context) {
  auto& options = arguments.options;
  take_places(options, arguments.places, context);
  options.overlap = arguments.overlap == "on"    ? engine::Overlap::kOn
                    : arguments.overlap == "off" ? engine::Overlap::kOff
                                                 : engine::Overlap::kAuto;
  options.offline = !arguments.online;
  options.use_cache = !arguments.no_cache;
  options.suite_source = arguments.suite;
  options.plan.allow_missing = arguments.dry_run;
}

void report_result(const engine::RunResult& result) {
  if (result.generated_from_cache > 0 || result.scored_from_cache > 0)
    log_info(fmt::format(
        "from the caches: {} videos, {} scores; generated anew: {}", result.generated_from_cache,
        result.scored_from_cache,
        result.planned > result.generated_from_cache ? result.planned - result.generated_from_cache : 0));
  if (result.state == store::RunState::kInterrupted)
    log_info(fmt::format("interrupted with {} of {} samples done — vidbench resume {}", result.evaluated,
                         result.planned, result.run));
  else if (result.evaluated < result.planned)
    log_info(fmt::format(
        "{} of {} samples have no result ({} failed) — vidbench runs show {}, vidbench resume {} "
        "--retry-failed",
        result.planned - result.evaluated, result.planned, result.failed, result.run, result.run));
}

void finish(const engine::RunResult& result, store::Store& store, const RunArguments& arguments,
            Context& context) {
  write_results(store, result.run);
  report_result(result);
  print_leaderboard(store, result.run, arguments.profile, arguments.output, !arguments.quiet);
  if (result.state == store::RunState::kInterrupted)
    context.exit_code = static_cast<int>(ErrorCode::kInterrupted);
  else if (result.evaluated < result.planned)
    context.exit_code = static_cast<int>(ErrorCode::kSamplesFailed);
}

// Also keeps leaderboard.json and report.html up to date while the run goes on.
class RunView final : public ProgressView {
 public:
  using ProgressView::ProgressView;
  void on_model_ended(store::Store& store, const std::string& run) override {
    try {
      write_results(store, run);
    } catch (const Error& e) {  // they are written again at the end
      log_warning(e.what());
    }
  }
};

// Runs `work` with progress on the terminal until it is done or a signal stops it, then tells the result.
template <typename Work>
void execute(store::Store& store, const RunArguments& arguments, Context& context, Work work) {
  engine::RunResult result;
  {
    const StopOnSignal signals;
    RunView progress(stderr_is_terminal(), arguments.quiet);
    result = work(progress, signals.token());
  }
  finish(result, store, arguments, context);
}

// Whether nothing is said that the guide would ask for, and somebody is there to be asked.
bool wants_guide(const RunArguments& arguments) {
  const auto& plan = arguments.options.plan;
  const bool silent = arguments.models.empty() && plan.seeds.empty() && plan.limit == 0 &&
                      plan.batch_size == 0 && !arguments.dry_run &&
                      std::all_of(arguments.settings.begin(), arguments.settings.end(),
                                  [](const auto& setting) { return setting.second.empty(); });
  return silent && can_ask();
}

// What was typed beside, such as --store, stays part of the command.
std::vector<std::string> with_typed_options(std::vector<std::string> command, const Context& context) {
  for (size_t i = 2; i < context.command_line.size(); ++i)
    if (context.command_line[i] != "--plain") command.push_back(context.command_line[i]);
  return command;
}

void take(const GuidedRun& chosen, RunArguments& arguments) {
  arguments.suite = chosen.suite;
  arguments.models = chosen.models;
  for (const auto& [name, values] : chosen.options) {
    if (name == "seed") arguments.options.plan.seeds = values.front().get<std::vector<uint64_t>>();
    if (name == "limit") arguments.options.plan.limit = values.front().get<size_t>();
    if (suites::find_setting(name) != nullptr)
      for (const Json& value : values) arguments.settings[name].push_back(value.get<double>());
  }
}

// False when there is nothing to run: it was left, or only saved.
bool guided(RunArguments& arguments, Context& context) {
  std::optional<GuidedRun> chosen;
  {
    complete(arguments, context);
    auto store = context.open_store();
    const auto guide = make_guide(arguments.plain);
    chosen = ask_for_run(*guide, *store, arguments.options);
  }
  if (!chosen) {
    log_info("left: nothing was started");
    context.exit_code = static_cast<int>(ErrorCode::kInterrupted);
    return false;
  }
  workers::Execution same;
  same.argv = with_typed_options(equivalent_command(*chosen), context);
  log_info("the same again: " + workers::shell_text(same));
  if (!chosen->saved.empty()) {
    same.argv = {"vidbench", "batch", chosen->saved.string()};
    log_info(fmt::format("saved as {}: {}", chosen->saved.string(), workers::shell_text(same)));
  }
  if (!chosen->start) return false;
  context.command_line = with_typed_options(equivalent_command(*chosen), context);
  take(*chosen, arguments);
  return true;
}

void run(RunArguments& arguments, Context& context) {
  if (arguments.suite.empty()) {
    if (!wants_guide(arguments)) throw CLI::RequiredError("suite");
    if (!guided(arguments, context)) return;
  }
  complete(arguments, context);
  const auto suite = suites::find_suite(arguments.suite);
  const auto plan = engine::make_plan(suite, choose_models(arguments, suite), arguments.options.plan);
  auto store = context.open_store();
  if (arguments.dry_run) return print_plan(*store, plan, arguments.options, arguments.output);
  execute(*store, arguments, context, [&](engine::Observer& observer, const std::stop_token& stop) {
    return engine::start_run(*store, plan, arguments.options, observer, stop);
  });
}

// What determines the run's numbers comes from the run itself.
void restore_options(const Json& manifest, engine::RunOptions& options) {
  const Json& saved = manifest.at("options");
  options.plan.seeds = manifest.at("seeds").get<std::vector<uint64_t>>();
  options.plan.limit = saved.at("limit");
  options.plan.batch_size = saved.at("batch_size");
  options.plan.keep_prompts = saved.at("keep_prompts");
  options.device = saved.at("device").get<std::string>();
  options.offline = saved.at("offline").get<bool>();
}

void resume(RunArguments& arguments, Context& context) {
  if (arguments.run.empty() && !arguments.last)
    throw_input("which run?", "vidbench resume RUN, or vidbench resume --last");
  auto store = context.open_store();
  const auto record = store->run(arguments.last ? "last" : arguments.run);
  arguments.suite = record.manifest.at("suite").at("source").get<std::string>();
  complete(arguments, context);
  restore_options(record.manifest, arguments.options);
  auto models = engine::models_of(record.manifest, registry::Registry::load_default());
  for (auto& model : models) workers::ask_engine(model);
  const auto plan = engine::make_plan(suites::find_suite(arguments.suite), models, arguments.options.plan);
  execute(*store, arguments, context, [&](engine::Observer& observer, const std::stop_token& stop) {
    return engine::resume_run(*store, record, plan, arguments.options, observer, stop,
                              arguments.retry_failed);
  });
}

void add_execution_options(CLI::App& command, const std::shared_ptr<RunArguments>& arguments,
                           Context& context) {
  auto& options = arguments->options;
  add_output_options(command, arguments->output);
  add_store_option(command, context);
  command.add_option("--profile", arguments->profile,
                     "score profile: quality, balanced or realtime (default: the suite's)");
  command.add_option("--workers", options.workers, "models that generate at the same time")
      ->check(CLI::Range(1, 64));
  command.add_option("--threads", options.threads, "CPU threads of each worker (default: the cores, shared)");
  command
      .add_option("--overlap", arguments->overlap,
                  "evaluate while generating: auto (not when both need the same CPU), on, off")
      ->check(CLI::IsMember({"auto", "on", "off"}));
  command
      .add_option("--max-attempts", options.retry.max_attempts,
                  "generations of one sample before it has failed")
      ->check(CLI::Range(1, 100));
  command
      .add_option("--failure-budget", options.retry.failure_budget,
                  "share of a model's samples that may fail before the model is given up")
      ->check(CLI::Range(0.0, 1.0));
  add_run_places_options(command, arguments->places);
  command.add_option("--previews", options.preview_prompts, "prompts whose videos the report shows");
  command.add_flag("--fail-fast", options.fail_fast, "stop at the first failed sample");
  command.add_flag("--no-cache", arguments->no_cache, "generate and score anew");
  add_quiet_flag(command, arguments->quiet);
}

}  // namespace

void add_run_commands(CLI::App& app, Context& context) {
  auto arguments = std::make_shared<RunArguments>();
  CLI::App* run_command = app.add_subcommand("run", "run a suite: generate, score, rank");
  run_command->add_option(
      "suite", arguments->suite,
      "a suite's name (vidbench suites list) or file; without one, a terminal is asked step by step");
  run_command->add_option("--model,-m", arguments->models,
                          "models, separated by commas (default: the suite's)");
  run_command->add_option("--limit", arguments->options.plan.limit,
                          "only this many prompts, balanced over the categories");
  run_command->add_option("--seed", arguments->options.plan.seeds, "seeds (default: the suite's)")
      ->delimiter(',');
  for (const auto& rule : suites::setting_rules())
    run_command
        ->add_option(
            "--" + std::string(rule.name), arguments->settings[std::string(rule.name)],
            std::string(rule.help) + "; several, separated by commas, are a grid (default: the suite's)")
        ->delimiter(',')
        ->check(CLI::Range(rule.low, rule.high));
  run_command
      ->add_option("--batch-size", arguments->options.plan.batch_size,
                   "videos generated by one call (default: the suite's)")
      ->check(CLI::Range(1, 4096));
  run_command->add_option("--device", arguments->options.device, "cpu, cuda, cuda:1, … (default: auto)");
  add_out_option(*run_command, arguments->places.runs_directory);
  run_command->add_flag("--online", arguments->online, "let workers download weights");
  run_command->add_flag("--keep-prompts", arguments->options.plan.keep_prompts,
                        "write the prompts of a private suite into the manifest");
  run_command->add_flag("--plain", arguments->plain,
                        "without a suite: plain numbered questions instead of a full screen");
  run_command->add_flag(
      "--dry-run", arguments->dry_run,
      "show what would be executed, what is missing here, and an estimate of time and disk");
  add_execution_options(*run_command, arguments, context);
  run_command->callback([arguments, &context] { run(*arguments, context); });

  auto resumed = std::make_shared<RunArguments>();
  CLI::App* resume_command = app.add_subcommand("resume", "go on with a run that was interrupted or killed");
  resume_command->add_option("run", resumed->run, "run id or a unique beginning of it");
  resume_command->add_flag("--last", resumed->last, "the newest run");
  resume_command->add_flag("--retry-failed", resumed->retry_failed, "try failed samples again");
  add_execution_options(*resume_command, resumed, context);
  resume_command->callback([resumed, &context] { resume(*resumed, context); });
}

}  // namespace vidbench::cli
