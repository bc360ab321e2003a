// The leaderboard as text: for a terminal, Markdown, CSV and LaTeX. All show the numbers of one Leaderboard.
#pragma once

#include <string>
#include <vector>

#include "report/leaderboard.h"
#include "report/table.h"
#include "report/view.h"

namespace vidbench::report {

struct TerminalOptions {
  TerminalStyle style;
  std::vector<std::string> next_commands;  // shown below the table, e.g. "vidbench report last"
};

// Heading, table, verdict, legend, notes, run directory, next commands.
[[nodiscard]] std::string leaderboard_terminal(const Leaderboard& board, const TerminalOptions& options);
[[nodiscard]] std::string leaderboard_markdown(const Leaderboard& board);
// One line a model; numbers exactly as in the JSON document; columns <metric>, <metric>_low, _high, _n.
[[nodiscard]] std::string leaderboard_csv(const Leaderboard& board);
// \usepackage{booktabs}
[[nodiscard]] std::string leaderboard_latex(const Leaderboard& board);
// All of them; jsonl has a line an entry. `board` outlives the view. html is the table alone: who has the
// run's report gives that.
[[nodiscard]] View leaderboard_view(const Leaderboard& board, const TerminalOptions& options);

// "frame-consistency ↑"
[[nodiscard]] std::string column_header(const store::MetricInfo& metric);
// What the terminal shows for a number: short, its interval as ± the wider side.
[[nodiscard]] std::string terminal_value(const stats::Interval& interval, const store::MetricInfo& metric);
// The model with the best value of the metric, or "" when there is no second one or it is as good.
[[nodiscard]] std::string best_model(const Leaderboard& board, const store::MetricInfo& metric);

}  // namespace vidbench::report
