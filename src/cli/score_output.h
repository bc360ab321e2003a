// What `vidbench score` and `vidbench merge` print and write.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>

#include "cli/output.h"
#include "report/video_scores.h"
#include "workers/evaluator.h"

namespace vidbench::cli {

struct ScoreOutput {
  Output output;
  std::string path;  // of the page, for format html
};

// --format, --export and --output.
void add_score_output(CLI::App& command, ScoreOutput& output);
// Throws Error(kInput) for html without a path, and a path without html.
void require_complete(const ScoreOutput& output);

// A warning for each video that failed; returns the exit code that they mean.
int tell_failures(const report::VideoScores& scores);

// Prints the numbers or writes the page; `title` is what was scored, `evaluator` is asked for when videos
// need a copy that a browser plays. Tells the failures; returns the exit code.
int give_scores(const report::VideoScores& scores, const ScoreOutput& output, const std::string& title,
                const std::function<workers::Evaluator&()>& evaluator);

}  // namespace vidbench::cli
