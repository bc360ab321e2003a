#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/log.h"
#include "batch/execution.h"
#include "cli/batch_output.h"
#include "cli/context.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/run_output.h"
#include "cli/run_places.h"
#include "cli/signals.h"

namespace vidbench::cli {
namespace fs = std::filesystem;
namespace {

struct BatchArguments {
  std::string file, profile;
  Output output;
  RunPlaces places;
  bool dry_run = false, online = false, retry_failed = false, quiet = false;
};

batch::BatchOptions options_of(const BatchArguments& arguments, const Context& context) {
  batch::BatchOptions options;
  options.retry_failed = arguments.retry_failed;
  take_places(options.run, arguments.places, context);
  options.run.offline = !arguments.online;
  return options;
}

// One for each file and store: what the file's earlier calls used counts, whatever has changed in it.
fs::path journal_folder(const batch::Batch& batch, const Context& context) {
  const std::string what = fs::weakly_canonical(batch.file).string() + "\n" + context.effective_store_url();
  return data_home() / "batches" / fmt::format("{}-{}", batch.name, sha256_hex(what).substr(0, 8));
}

std::string title(const batch::Cell& cell) {
  const std::string varying = batch::text_of(cell.varying);
  return fmt::format("{} · {}{}", cell.model.id, cell.suite->id, varying.empty() ? "" : " · " + varying);
}

// Shows each run's progress, and keeps the results on disk up to date after each.
class View final : public batch::Watcher {
 public:
  View(const batch::Batch& batch, const std::vector<batch::Cell>& cells, store::Store& store,
       const batch::Journal& journal, const BatchArguments& arguments)
      : batch_(batch), cells_(cells), store_(store), journal_(journal), arguments_(arguments) {}

  engine::Observer& begins(const batch::Cell& cell, size_t index) override {
    if (!arguments_.quiet) log_info(fmt::format("[{}/{}] {}", index + 1, cells_.size(), title(cell)));
    return progress_.emplace(stderr_is_terminal(), arguments_.quiet);
  }

  void ended(size_t index, const std::vector<batch::CellResult>& results) override {
    const batch::CellResult& result = results[index];
    const bool ran = progress_.has_value();
    progress_.reset();
    if (!ran && !arguments_.quiet)
      log_info(fmt::format("[{}/{}] {}: {}{}{}", index + 1, cells_.size(), title(cells_[index]),
                           to_string(result.state), result.earlier ? " before" : "",
                           result.reason.empty() ? "" : ": " + result.reason));
    if (!ran) return;
    if (!result.reason.empty()) log_info(to_string(result.state) + ": " + result.reason);
    if (result.done > 0) write_results(store_, result.run);
    const BatchView view{batch_, cells_, results};
    write_batch_summary(view, journal_, batch_leaderboards(view, store_, arguments_.profile));
  }

 private:
  const batch::Batch& batch_;
  const std::vector<batch::Cell>& cells_;
  store::Store& store_;
  const batch::Journal& journal_;
  const BatchArguments& arguments_;
  std::optional<ProgressView> progress_;
};

void set_exit_code(const std::vector<batch::CellResult>& results, bool stopped,
                   const BatchArguments& arguments, Context& context) {
  const auto any = [&](batch::CellState state) {
    return std::any_of(results.begin(), results.end(),
                       [&](const auto& result) { return result.state == state; });
  };
  if (stopped) {
    log_info(fmt::format("interrupted — vidbench batch {} goes on", arguments.file));
    context.exit_code = static_cast<int>(ErrorCode::kInterrupted);
  } else if (any(batch::CellState::kFailed)) {
    log_info(fmt::format("some failed — vidbench batch {} --retry-failed tries them again", arguments.file));
    context.exit_code = static_cast<int>(ErrorCode::kSamplesFailed);
  }
}

void run_batch(const BatchArguments& arguments, Context& context) {
  if (!arguments.profile.empty()) report::require_profile(arguments.profile);
  const batch::Batch batch = batch::load_batch(arguments.file);
  const auto cells = batch::expand(batch, registry::Registry::load_default());
  const batch::BatchOptions options = options_of(arguments, context);
  auto store = context.open_store();
  if (arguments.dry_run) {
    const auto results = batch::look(batch, cells, *store, options);
    return print_batch_plan({batch, cells, results}, arguments.output);
  }
  batch::Journal journal(journal_folder(batch, context));
  std::vector<batch::CellResult> results;
  bool stopped = false;
  {
    const StopOnSignal signals;
    View view(batch, cells, *store, journal, arguments);
    results = batch::execute(batch, cells, *store, journal, options, view, signals.token());
    stopped = signals.token().stop_requested();
  }
  const BatchView view{batch, cells, results};
  const auto boards = batch_leaderboards(view, *store, arguments.profile);
  write_batch_summary(view, journal, boards);
  print_batch_summary(view, journal, boards, arguments.output);
  set_exit_code(results, stopped, arguments, context);
}

}  // namespace

void add_batch_command(CLI::App& app, Context& context) {
  auto arguments = std::make_shared<BatchArguments>();
  CLI::App* command =
      app.add_subcommand("batch", "run many models, suites and settings from a file, within a budget");
  command
      ->add_option("file", arguments->file,
                   "a batch file (docs/batch.md); the same call goes on where it was")
      ->required();
  command->add_flag("--dry-run", arguments->dry_run,
                    "show what would run, in which order, with time, disk and cost");
  command->add_flag("--retry-failed", arguments->retry_failed, "try failed samples again");
  command->add_flag("--online", arguments->online,
                    "let workers download weights, and hosted models be asked");
  add_output_options(*command, arguments->output);
  add_store_option(*command, context);
  command->add_option("--profile", arguments->profile,
                      "score profile: quality, balanced or realtime (default: the suite's)");
  add_out_option(*command, arguments->places.runs_directory);
  add_run_places_options(*command, arguments->places);
  add_quiet_flag(*command, arguments->quiet);
  command->callback([arguments, &context] { run_batch(*arguments, context); });
}

}  // namespace vidbench::cli
