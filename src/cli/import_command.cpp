// vidbench import: a run that another machine exported as a bundle.
#include <fmt/format.h>

#include "base/error.h"
#include "base/files.h"
#include "base/log.h"
#include "base/strings.h"
#include "bundle/import.h"
#include "cli/context.h"
#include "cli/run_output.h"
#include "cli/run_places.h"
#include "cli/signals.h"
#include "report/leaderboard.h"

namespace vidbench::cli {
namespace {

struct Arguments {
  std::string file, runs_directory, format;
  bundle::ImportOptions options;
};

Json to_json(const bundle::Import& result) {
  return {{"schema", "vidbench.import/1"},
          {"result", bundle::to_string(result.outcome)},
          {"run", result.run},
          {"directory", result.outcome == bundle::Outcome::kVerified ? "" : result.directory.string()},
          {"digest", result.index.digest()},
          {"vidbench", result.index.vidbench},
          {"files", result.index.files.size()},
          {"bytes", result.index.total_bytes()},
          {"videos", result.videos}};
}

// The ranking is computed here, of the samples; that of the other machine is only held against it.
void finish(store::Store& store, const bundle::Import& result, const std::string& run) {
  write_run_files(store, run);
  if (result.leaderboard.empty()) return;
  const Json theirs = parse_json(result.leaderboard, bundle::kLeaderboardName);
  Json ours = report::to_json(report::build_leaderboard(store, run));
  ours["run"] = result.index.run;
  if (theirs != ours)
    log_warning(fmt::format("the leaderboard computed here differs from the one that vidbench {} computed",
                            one_line(result.index.vidbench)));
}

void import(Arguments& arguments, Context& context) {
  auto& options = arguments.options;
  options.runs_directory = runs_directory(arguments.runs_directory);
  auto store = context.open_store();
  const StopOnSignal signals;
  const bundle::Import result = bundle::import_bundle(*store, arguments.file, options, signals.token());
  if (result.outcome == bundle::Outcome::kImported) finish(*store, result, result.run);
  if (arguments.format == "json") return print_json(to_json(result));
  const std::string content =
      fmt::format("{} files ({}), {} videos, digest {:.12}", result.index.files.size(),
                  human_bytes(result.index.total_bytes()), result.videos, result.index.digest());
  switch (result.outcome) {
    case bundle::Outcome::kImported:
      return print(
          fmt::format("imported {}: {}\nvidbench leaderboard {}\n", result.run, content, result.run));
    case bundle::Outcome::kVerified:
      return print(fmt::format("{} is sound: {}; nothing was imported\n", result.run, content));
    case bundle::Outcome::kAlreadyThere:
      return print(fmt::format("{} is there already, with the same content: nothing to do\n", result.run));
  }
}

}  // namespace

void add_import_command(CLI::App& app, Context& context) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command =
      app.add_subcommand("import", "a run from a bundle (vidbench export RUN --bundle), every file verified");
  command->add_option("file", arguments->file, "the bundle, a tar.zst")->required();
  command->add_flag("--dry-run", arguments->options.dry_run, "verify everything, import nothing");
  command->add_option("--as", arguments->options.as, "another id for the run");
  add_out_option(*command, arguments->runs_directory);
  command->add_option("--max-bytes", arguments->options.max_bytes, "refuse what is larger when unpacked")
      ->capture_default_str();
  add_format_option(*command, arguments->format, {"table", "json"});
  add_store_option(*command, context);
  command->callback([arguments, &context] { import(*arguments, context); });
}

}  // namespace vidbench::cli
