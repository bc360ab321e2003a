#include "cli/run_places.h"

#include "base/variable.h"
#include "cli/configuration.h"

namespace vidbench::cli {
namespace fs = std::filesystem;

void add_out_option(CLI::App& command, std::string& runs_directory) {
  command.add_option("--out", runs_directory, "folder for run directories")->type_name("FOLDER");
}

void add_run_places_options(CLI::App& command, RunPlaces& places) {
  command
      .add_option("--cache-dir", places.cache_directory,
                  "generated videos (default: $VIDBENCH_CACHE, else the cache folder)")
      ->type_name("FOLDER");
  command.add_option("--evaluator", places.evaluator,
                     "command of the metric worker (default: vidbench-eval)");
}

fs::path runs_directory(const std::string& asked) {
  return asked.empty() ? default_runs_directory() : fs::path(asked);
}

void take_places(engine::RunOptions& options, const RunPlaces& places, const Context& context) {
  options.runs_directory = runs_directory(places.runs_directory);
  options.cache_directory =
      places.cache_directory.empty() ? cache_directory() : fs::path(places.cache_directory);
  options.evaluator = evaluator_command(places.evaluator);
  options.command_line = context.command_line;
  options.configuration = describe_configuration(context);
}

}  // namespace vidbench::cli
