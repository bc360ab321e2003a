// The parts of the HTML report. Internal to report/. Each returns markup with all text escaped, or "" when it
// has nothing to show.
#pragma once

#include <span>
#include <string>

#include "report/html_report.h"

namespace vidbench::report {

// html_tables.cpp
[[nodiscard]] std::string html_ranking(const Leaderboard& board);
[[nodiscard]] std::string html_metrics(const Leaderboard& board);
[[nodiscard]] std::string html_score_parts(const Leaderboard& board);
[[nodiscard]] std::string html_failures(const RunReport& report);

// html_sections.cpp
[[nodiscard]] std::string html_plot(const Leaderboard& board);
[[nodiscard]] std::string html_videos(const Leaderboard& board, std::span<const PreviewVideo> previews);
[[nodiscard]] std::string html_protocol(const RunReport& report);

}  // namespace vidbench::report
