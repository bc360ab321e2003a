#include "report/leaderboard_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/strings.h"
#include "report/format.h"

namespace vidbench::report {
namespace {

// On a narrow terminal the last of these go first; what is not listed goes before them all.
constexpr std::array kImportance = {"latency", "peak_memory", "throughput", "shapes/frechet",
                                    "shapes/text-alignment"};

int priority_of(const std::string& metric, size_t position) {
  const auto found = std::find(kImportance.begin(), kImportance.end(), metric);
  if (found != kImportance.end()) return static_cast<int>(found - kImportance.begin()) + 2;
  const bool is_detail =
      metric == "latency_p95" || metric == "load_time" || metric == "model_size" || metric == "parameters";
  return (is_detail ? 1000 : 100) + static_cast<int>(position);
}

std::string rank_text(const LeaderboardEntry& entry) {
  if (entry.rank == 0) return "–";
  if (entry.rank_low == entry.rank_high) return fmt::format("{}", entry.rank);
  return fmt::format("{} ({}–{})", entry.rank, entry.rank_low, entry.rank_high);
}

// A terminal is narrow: the interval is written as ± its wider side, unless that would reach below zero where
// the interval does not. The other formats keep both ends.
std::string with_interval(const stats::Interval& interval, std::string_view unit, bool compact) {
  const double wider = std::max(interval.value - interval.low, interval.high - interval.value);
  const bool misleads = interval.low >= 0 && interval.value < wider;
  if (!compact || misleads) return format_interval(interval.value, interval.low, interval.high, unit);
  return format_interval(interval.value, interval.value - wider, interval.value + wider, unit);
}

std::string score_text(const LeaderboardEntry& entry, bool compact) {
  const Score& score = entry.score;
  return score.value ? with_interval({*score.value, score.low, score.high, entry.done}, "", compact) : "–";
}

std::string samples_text(const LeaderboardEntry& entry) {
  std::string text = fmt::format("{}/{}", entry.done, entry.planned);
  if (entry.failed > 0) text += fmt::format(" ({} failed)", entry.failed);
  return text;
}

Cell metric_cell(const Leaderboard& board, const LeaderboardEntry& entry, const store::MetricInfo& metric,
                 bool compact) {
  const auto found = entry.metrics.find(metric.id);
  if (found == entry.metrics.end()) return {"–", Emphasis::kDim};
  const bool is_best = best_model(board, metric) == entry.model;
  const std::string text =
      compact ? terminal_value(found->second, metric) : with_interval(found->second, metric.unit, false);
  return {text, is_best ? Emphasis::kBest : Emphasis::kNone};
}

std::string header_of(const store::MetricInfo& metric, bool compact) {
  return compact && metric.id == "throughput" ? "videos/s ↑" : column_header(metric);
}

// `compact`: for a terminal.
Table make_table(const Leaderboard& board, bool compact) {
  Table table;
  table.columns = {{"#", true, 0}, {"model", false, 0}, {"score ↑", true, 0}};
  for (size_t i = 0; i < board.columns.size(); ++i) {
    const store::MetricInfo& metric = board.columns[i];
    table.columns.push_back({header_of(metric, compact), true, priority_of(metric.id, i)});
  }
  table.columns.push_back({"samples", true, 60});
  const bool has_front =
      std::any_of(board.entries.begin(), board.entries.end(), [](auto& e) { return e.pareto; });
  for (const LeaderboardEntry& entry : board.entries) {
    const Emphasis first = entry.rank == 1 ? Emphasis::kBest : Emphasis::kNone;
    const std::string mark = entry.pareto ? "● " : compact && has_front ? "  " : "";
    std::vector<Cell> row = {
        {rank_text(entry), first}, {mark + entry.model}, {score_text(entry, compact), first}};
    for (const store::MetricInfo& metric : board.columns)
      row.push_back(metric_cell(board, entry, metric, compact));
    row.push_back({samples_text(entry), entry.failed > 0 ? Emphasis::kBad : Emphasis::kNone});
    table.rows.push_back(std::move(row));
  }
  return table;
}

std::string heading(const Leaderboard& board) {
  return fmt::format("{} · {} · {} × {} · profile {} · run {}", printable(board.suite),
                     fmt::format("{} model{}", board.entries.size(), board.entries.size() == 1 ? "" : "s"),
                     fmt::format("{} prompt{}", board.prompts, board.prompts == 1 ? "" : "s"),
                     fmt::format("{} seed{}", board.seeds.size(), board.seeds.size() == 1 ? "" : "s"),
                     board.profile, printable(board.run));
}

constexpr const char* kLegend =
    "↑ higher is better, ↓ lower is better; [low, high] and ±: 95 % interval (± its wider side); # (a–b): "
    "the ranks "
    "that redrawing the prompts leaves possible; ● no model is both better (quality) and faster.";

}  // namespace

std::string column_header(const store::MetricInfo& metric) {
  const size_t slash = metric.id.rfind('/');
  std::string name = printable(slash == std::string::npos ? metric.id : metric.id.substr(slash + 1));
  if (slash == std::string::npos) std::replace(name.begin(), name.end(), '_', ' ');
  return name + (metric.higher_is_better ? " ↑" : " ↓");
}

std::string best_model(const Leaderboard& board, const store::MetricInfo& metric) {
  std::vector<std::pair<double, std::string>> values;
  for (const LeaderboardEntry& entry : board.entries) {
    const auto found = entry.metrics.find(metric.id);
    if (found == entry.metrics.end() || !std::isfinite(found->second.value)) continue;
    values.emplace_back(metric.higher_is_better ? -found->second.value : found->second.value, entry.model);
  }
  std::sort(values.begin(), values.end());
  return values.size() > 1 && values[0].first < values[1].first ? values[0].second : "";
}

std::string terminal_value(const stats::Interval& interval, const store::MetricInfo& metric) {
  // The redraws of a maximum say nothing about larger values.
  if (metric.id == "peak_memory") return format_value(interval.value, metric.unit);
  return with_interval(interval, metric.id == "throughput" ? "" : metric.unit, true);
}

std::string leaderboard_terminal(const Leaderboard& board, const TerminalOptions& options) {
  const bool colour = options.style.colour;
  const size_t width = std::max<size_t>(options.style.width, 40);
  std::string text = wrap(heading(board), width, "  ");
  const DrawnTable drawn = draw_terminal(make_table(board, true), {width, colour});
  text += drawn.text + wrap(verdict(board), width, "");
  text += paint(wrap(kLegend, width, ""), Emphasis::kDim, colour);
  if (!drawn.dropped.empty()) {
    text += wrap(fmt::format("Not shown for lack of width: {}. --format md, csv or json has all columns.",
                             fmt::join(drawn.dropped, ", ")),
                 width, "");
  }
  for (const std::string& note : board.notes) text += wrap("! " + printable(note), width, "  ");
  if (!board.directory.empty()) text += "Run directory: " + printable(board.directory) + "\n";
  for (size_t i = 0; i < options.next_commands.size(); ++i)
    text += (i == 0 ? "Next: " : "      ") + options.next_commands[i] + "\n";
  return text;
}

std::string leaderboard_markdown(const Leaderboard& board) {
  std::string text =
      fmt::format("**{}**\n\n{}\n{}\n\n_{}_\n", escape_markdown(heading(board)),
                  draw_markdown(make_table(board, false)), escape_markdown(verdict(board)), kLegend);
  if (!board.notes.empty()) text += "\n";
  for (const std::string& note : board.notes) text += "- " + escape_markdown(note) + "\n";
  return text;
}

std::string leaderboard_latex(const Leaderboard& board) {
  return fmt::format("% {}\n% definition {}\n{}", printable(heading(board)), board.digest,
                     draw_latex(make_table(board, false)));
}

View leaderboard_view(const Leaderboard& board, const TerminalOptions& options) {
  View view;
  view.title = heading(board);
  view.document = [&board] { return to_json(board); };
  view.rows = "entries";
  view.table = [&board](bool compact) { return make_table(board, compact); };
  view.own = {{"table", [&board, options] { return leaderboard_terminal(board, options); }},
              {"csv", [&board] { return leaderboard_csv(board); }},
              {"md", [&board] { return leaderboard_markdown(board); }},
              {"latex", [&board] { return leaderboard_latex(board); }}};
  return view;
}

std::string leaderboard_csv(const Leaderboard& board) {
  std::string text =
      "run,model,rank,rank_low,rank_high,pareto,profile,score,score_low,score_high,quality,planned,done,"
      "failed";
  for (const store::MetricInfo& metric : board.columns)
    text += fmt::format(",{0},{0}_low,{0}_high,{0}_n", escape_csv(metric.id));
  text += "\n";
  for (const LeaderboardEntry& entry : board.entries) {
    const auto rank = [&](size_t value) {
      return entry.rank == 0 ? std::string() : fmt::format("{}", value);
    };
    const auto of_score = [&](double value) { return entry.score.value ? exact(value) : std::string(); };
    std::vector<std::string> fields = {escape_csv(board.run),
                                       escape_csv(entry.model),
                                       rank(entry.rank),
                                       rank(entry.rank_low),
                                       rank(entry.rank_high),
                                       entry.pareto ? "true" : "false",
                                       board.profile,
                                       of_score(entry.score.value.value_or(0)),
                                       of_score(entry.score.low),
                                       of_score(entry.score.high),
                                       entry.quality ? exact(*entry.quality) : "",
                                       fmt::format("{}", entry.planned),
                                       fmt::format("{}", entry.done),
                                       fmt::format("{}", entry.failed)};
    for (const store::MetricInfo& metric : board.columns) {
      const auto found = entry.metrics.find(metric.id);
      if (found == entry.metrics.end()) {
        fields.insert(fields.end(), 4, "");
        continue;
      }
      const stats::Interval& interval = found->second;
      fields.insert(fields.end(), {exact(interval.value), exact(interval.low), exact(interval.high),
                                   fmt::format("{}", interval.n)});
    }
    text += join(fields, ",") + "\n";
  }
  return text;
}

}  // namespace vidbench::report
