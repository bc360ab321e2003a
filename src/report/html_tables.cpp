#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/format.h"
#include "report/html_page.h"
#include "report/html_sections.h"
#include "report/leaderboard_text.h"

namespace vidbench::report {
namespace {

constexpr size_t kMaxFailures = 50;

std::string missing_cell(const std::string& reason) {
  return fmt::format("<td class=\"num missing\" data-v=\"\" title=\"{}\">–</td>", escape_html(reason));
}

// The value, and under it its interval in the same unit.
std::string number_cell(const stats::Interval& interval, const std::string& unit, bool best) {
  std::string range = format_range(interval.value, interval.low, interval.high, unit);
  if (!range.empty()) range = fmt::format("<small>{}</small>", escape_html(range));
  return fmt::format("<td class=\"num{}\" data-v=\"{}\" title=\"n = {}\">{}{}</td>", best ? " best" : "",
                     exact(interval.value), interval.n, escape_html(format_value(interval.value, unit)),
                     range);
}

std::string rank_cell(const LeaderboardEntry& entry) {
  if (entry.rank == 0) return missing_cell(entry.score.reason);
  const std::string range = entry.rank_low == entry.rank_high ? ""
                                                              : fmt::format("<small>could be {}–{}</small>",
                                                                            entry.rank_low, entry.rank_high);
  return fmt::format("<td class=\"num\" data-v=\"{0}\"><b>{0}</b>{1}</td>", entry.rank, range);
}

std::string model_cell(const LeaderboardEntry& entry) {
  return fmt::format("<td class=\"name\" data-v=\"{0}\" title=\"{0}\">{0}{1}</td>", escape_html(entry.model),
                     entry.pareto ? "<span class=\"tag\">Pareto</span>" : "");
}

std::string score_cell(const LeaderboardEntry& entry) {
  if (!entry.score.value) return missing_cell(entry.score.reason);
  return number_cell({*entry.score.value, entry.score.low, entry.score.high, entry.done}, "",
                     entry.rank == 1);
}

std::string samples_cell(const LeaderboardEntry& entry) {
  const std::string failed =
      entry.failed ? fmt::format("<small class=\"failed\">{} failed</small>", entry.failed) : "";
  return fmt::format("<td class=\"num\" data-v=\"{}\">{}/{}{}</td>", entry.done, entry.done, entry.planned,
                     failed);
}

std::string metric_cell(const Leaderboard& board, const LeaderboardEntry& entry,
                        const store::MetricInfo& metric) {
  const auto found = entry.metrics.find(metric.id);
  if (found == entry.metrics.end()) {
    const auto reason = entry.missing.find(metric.id);
    return missing_cell(reason == entry.missing.end() ? "not measured" : reason->second);
  }
  return number_cell(found->second, metric.unit, best_model(board, metric) == entry.model);
}

}  // namespace

std::string html_ranking(const Leaderboard& board) {
  if (board.entries.empty()) return "<p class=\"missing\">No samples were planned.</p>";
  std::string head = html_heading("#", true, false) + html_heading("model", false, false) +
                     html_heading("score ↑", true, true);
  for (const store::MetricInfo& metric : board.columns)
    head += html_heading(column_header(metric), true, metric.higher_is_better, metric.definition);
  head += html_heading("samples", true, true);
  std::string rows;
  for (const LeaderboardEntry& entry : board.entries) {
    rows += "<tr>" + rank_cell(entry) + model_cell(entry) + score_cell(entry);
    for (const store::MetricInfo& metric : board.columns) rows += metric_cell(board, entry, metric);
    rows += samples_cell(entry) + "</tr>\n";
  }
  return fmt::format("<div class=\"scroll\"><table><thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>",
                     head, rows);
}

std::string html_metrics(const Leaderboard& board) {
  std::string rows;
  for (const store::MetricInfo& metric : board.columns) {
    const bool is_performance = metric.id.find('/') == std::string::npos;
    rows += fmt::format(
        "<tr><td><b>{}</b><br><code>{}{}</code></td><td>{}</td><td>{}</td><td "
        "class=\"definition\">{}{}</td></tr>\n",
        escape_html(metric.title.empty() ? metric.id : metric.title), escape_html(metric.id),
        is_performance ? "" : fmt::format(" v{}", metric.version),
        metric.higher_is_better ? "higher" : "lower", metric.unit.empty() ? "–" : escape_html(metric.unit),
        escape_html(metric.definition),
        metric.citation.empty()
            ? ""
            : fmt::format("<br><span class=\"missing\">{}</span>", escape_html(metric.citation)));
  }
  if (rows.empty()) return "";
  return fmt::format(
      "<section><h2>Metrics</h2><p class=\"about\">What each number is. Intervals redraw prompts with their "
      "seeds "
      "(bootstrap); set statistics are centred on their value.</p><div "
      "class=\"scroll\"><table><thead><tr><th>metric</th>"
      "<th>better</th><th>unit</th><th>definition</th></tr></thead><tbody>{}</tbody></table></div></section>",
      rows);
}

std::string html_score_parts(const Leaderboard& board) {
  std::string rows;
  std::vector<std::string> groups;
  for (const LeaderboardEntry& entry : board.entries) {
    if (!entry.score.value) continue;
    std::string bar;
    const auto& parts = entry.score.parts;
    for (size_t i = 0; i < parts.size(); ++i) {
      const ScorePart& part = parts[i];
      if (std::find(groups.begin(), groups.end(), part.group) == groups.end()) groups.push_back(part.group);
      const bool ends_group = i + 1 == parts.size() || parts[i + 1].group != part.group;
      bar +=
          fmt::format("<i class=\"{}{}\" style=\"width:{:.2f}%\" title=\"{}: {:.1f} of {:.1f} points\"></i>",
                      part.group, ends_group ? " last" : "", part.points(), escape_html(part.metric),
                      part.points(), 100 * part.weight);
    }
    rows += fmt::format(
        "<div class=\"row\"><span title=\"{0}\">{0}</span><b>{1:.1f}</b><div class=\"track\">{2}</div></div>",
        escape_html(entry.model), *entry.score.value, bar);
  }
  if (rows.empty()) return "";
  std::string keys;
  for (const std::string& group : groups) {
    double weight = 0;
    for (const ScorePart& part : board.entries.front().score.parts)
      if (part.group == group) weight += part.weight;
    keys += fmt::format("<span><i class=\"{0}\"></i>{0} {1:.0f} %</span>", group, 100 * weight);
  }
  return fmt::format(
      "<section><h2>What the score is made of</h2><p class=\"about\">{}, profile {}: points out of 100, each "
      "part's weight "
      "times its place between two stated anchors.</p><div class=\"bars\">{}</div><div "
      "class=\"keys\">{}</div></section>",
      kScoreVersion, escape_html(board.profile), rows, keys);
}

std::string html_failures(const RunReport& report) {
  if (report.failures.empty()) return "";
  std::string rows;
  for (size_t i = 0; i < std::min(report.failures.size(), kMaxFailures); ++i) {
    const auto& sample = report.failures[i];
    std::string log;
    if (!sample.failure.log_tail.empty())
      log = fmt::format("<details><summary>log</summary><pre>{}</pre></details>",
                        escape_html_lines(sample.failure.log_tail));
    rows += fmt::format(
        "<tr><td><code>{}</code></td><td class=\"name\">{}</td><td>{}, seed {}</td><td "
        "class=\"failed\">{}</td>"
        "<td class=\"num\">{}</td><td class=\"definition\">{}{}</td></tr>\n",
        escape_html(sample.id), escape_html(sample.model), escape_html(sample.prompt_ref), sample.seed,
        escape_html(sample.failure.kind), sample.attempts, escape_html(sample.failure.message), log);
  }
  const std::string more = report.failures.size() > kMaxFailures
                               ? fmt::format(" The first {} are shown.", kMaxFailures)
                               : std::string();
  return fmt::format(
      "<section><h2>Failures</h2><p class=\"about\">{} samples failed; they enter no number above.{}</p><div "
      "class=\"scroll\">"
      "<table><thead><tr><th>sample</th><th>model</th><th>prompt</th><th>class</th><th "
      "class=\"num\">attempts</th>"
      "<th>message</th></tr></thead><tbody>{}</tbody></table></div></section>",
      report.failures.size(), more, rows);
}

}  // namespace vidbench::report
