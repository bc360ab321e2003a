// vidbench vbench: VBench's scores from the raw values of its dimensions.
#include "report/vbench.h"

#include <fmt/format.h>

#include "base/files.h"
#include "base/log.h"
#include "base/strings.h"
#include "cli/context.h"
#include "cli/output.h"

namespace vidbench::cli {
namespace {

struct Arguments {
  std::vector<std::string> files;
  std::string suite = "vbench", mode = "faithful";
  Output output;
  bool percent = false;
};

constexpr size_t kMaxResultBytes = size_t{256} << 20;  // VBench's details name every video

void run(const Arguments& arguments) {
  const report::VbenchSuite& suite = report::vbench_suite(arguments.suite);
  report::VbenchValues values;
  for (const std::string& file : arguments.files)
    report::add_vbench_values(parse_json(read_file(file, kMaxResultBytes), file), file, suite,
                              arguments.percent, values);
  const auto mode =
      arguments.mode == "corrected" ? report::VbenchMode::kCorrected : report::VbenchMode::kFaithful;
  const report::VbenchScores scores = report::vbench_scores(suite, mode, values);
  arguments.output.show({.title = "VBench",
                         .document = [&] { return report::to_json(scores); },
                         .rows = "dimensions",
                         .table = [&](bool) { return report::vbench_table(scores); }});
  if (const auto missing = report::missing_dimensions(scores); !missing.empty())
    log_warning(fmt::format("no total: {} of {} dimensions are missing ({})", missing.size(),
                            scores.dimensions.size(), join(missing, ", ")));
  for (const auto& one : scores.dimensions)
    if (one.outside)
      log_warning(fmt::format("{}: the normalised value is outside 0..1{}", one.dimension.name,
                              mode == report::VbenchMode::kCorrected ? ", and was limited to it" : ""));
}

}  // namespace

void add_vbench_command(CLI::App& app, Context&) {
  auto arguments = std::make_shared<Arguments>();
  std::vector<std::string> ids;
  for (const auto& suite : report::vbench_suites()) ids.push_back(suite.id);
  CLI::App* command =
      app.add_subcommand("vbench", "VBench's total score from the raw values of its dimensions");
  command
      ->add_option("files", arguments->files,
                   "JSON of 'vidbench score', {dimension: value}, or VBench's *_eval_results.json; several "
                   "are taken together")
      ->required();
  command->add_option("--suite", arguments->suite, "which of VBench's scores")
      ->check(CLI::IsMember(ids))
      ->capture_default_str();
  command
      ->add_option(
          "--mode", arguments->mode,
          "faithful: as VBench computes it; corrected: the values of 'vbench-corrected/…' where there are "
          "any, and normalised values limited to 0..1")
      ->check(CLI::IsMember({"faithful", "corrected"}))
      ->capture_default_str();
  command->add_flag("--percent", arguments->percent, "the values are per cent");
  add_output_options(*command, arguments->output);
  command->callback([arguments] { run(*arguments); });
}

}  // namespace vidbench::cli
