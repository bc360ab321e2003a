// What is written and printed when a run has ended: aggregates, report.html, leaderboard.json, the
// leaderboard.
#pragma once

#include <string>

#include "cli/context.h"
#include "cli/output.h"
#include "report/html_report.h"

namespace vidbench::cli {

// Stores the aggregates and writes report.html and leaderboard.json into the run directory.
void write_results(store::Store& store, const std::string& run);
// The two files alone.
void write_run_files(store::Store& store, const std::string& run);
// The encoded videos that the run directory has for its report.
[[nodiscard]] std::vector<report::PreviewVideo> preview_videos(store::Store& store, const std::string& run);
// The leaderboard on stdout and in the files of --export. `next_commands`: shown below the table.
void print_leaderboard(store::Store& store, const std::string& run, const std::string& profile,
                       const Output& output, bool next_commands);

}  // namespace vidbench::cli
