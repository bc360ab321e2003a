// Where runs and their videos go, and what measures them: the same for every command that runs suites.
#pragma once

#include <string>

#include "cli/context.h"
#include "engine/run.h"

namespace vidbench::cli {

struct RunPlaces {
  std::string runs_directory, cache_directory;  // "" = the usual ones
  std::string evaluator;                        // "" = vidbench-eval
};

void add_out_option(CLI::App& command, std::string& runs_directory);           // --out
void add_run_places_options(CLI::App& command, RunPlaces& places);             // --cache-dir, --evaluator
[[nodiscard]] std::filesystem::path runs_directory(const std::string& asked);  // of --out

// The places, the words of the command line and the configuration behind them, for the run's manifest.
void take_places(engine::RunOptions& options, const RunPlaces& places, const Context& context);

}  // namespace vidbench::cli
