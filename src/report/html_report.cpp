#include "report/html_report.h"

#include <fmt/format.h>

#include "report/format.h"
#include "report/html_page.h"
#include "report/html_sections.h"

namespace vidbench::report {
namespace {

std::string title_of(const RunReport& report) {
  const Json suite = report.manifest.value("suite", Json::object());
  if (suite.is_object() && suite.contains("title") && suite["title"].is_string()) {
    std::string title = suite["title"];
    if (!title.empty()) return title;
  }
  return report.board.suite;
}

std::string header(const RunReport& report) {
  const Leaderboard& board = report.board;
  size_t planned = 0, done = 0;
  for (const LeaderboardEntry& entry : board.entries) {
    planned += entry.planned;
    done += entry.done;
  }
  std::string devices;
  for (const store::ModelFacts& facts : report.facts)
    if (!facts.device.empty() && devices.find(facts.device) == std::string::npos)
      devices += (devices.empty() ? "" : ", ") + facts.device;
  std::string facts =
      html_fact("Models", fmt::format("{}", board.entries.size())) +
      html_fact("Prompts × seeds", fmt::format("{} × {}", board.prompts, board.seeds.size())) +
      html_fact("Videos scored", fmt::format("{} of {}", done, planned)) +
      html_fact("Score profile", board.profile);
  if (!devices.empty()) facts += html_fact("Device", devices);
  facts += html_fact("Run", board.run) + html_fact("Started", board.created_at);
  if (board.state != "done") facts += html_fact("State", board.state);
  return fmt::format(
      "<header class=\"head\"><div class=\"brand\">vidbench — video generation benchmark</div><h1>{}</h1>"
      "<p class=\"verdict\">{}</p><div class=\"facts\">{}</div></header>",
      escape_html(title_of(report)), escape_html(verdict(board)), facts);
}

std::string notes(const Leaderboard& board) {
  std::string items;
  for (const std::string& note : board.notes) items += fmt::format("<li>{}</li>", escape_html(note));
  return items.empty() ? "" : fmt::format("<ul class=\"notes\">{}</ul>", items);
}

std::string manifest_section(const RunReport& report) {
  return fmt::format(
      "<section><h2>Manifest</h2><p class=\"about\">Everything that somebody needs to judge and repeat this "
      "run.</p>"
      "<details><summary>Show the manifest (JSON)</summary><pre>{}</pre></details></section>",
      escape_html_lines(document(report.manifest)));
}

}  // namespace

RunReport build_run_report(store::Store& store, const std::string& run, const std::string& profile) {
  const RunData data = load_run_data(store, run, true);
  RunReport report{build_leaderboard(data, profile), data.run.manifest, data.facts, {}};
  for (const store::SampleRecord& sample : data.samples) {
    if (sample.state != store::SampleState::kFailed) continue;
    report.failures.push_back({sample.id, sample.model, sample.prompt_ref, sample.seed, sample.attempts,
                               sample.failure.value_or(store::Failure{"unknown", "", ""})});
  }
  return report;
}

std::string render_html(const RunReport& report, std::span<const PreviewVideo> previews) {
  const Leaderboard& board = report.board;
  const std::string plot = html_plot(board), parts = html_score_parts(board);
  std::string middle = plot + parts;
  if (!plot.empty() && !parts.empty()) middle = fmt::format("<div class=\"pair\">{}</div>", middle);
  const std::string ranking = fmt::format(
      "<section><h2>Ranking</h2><p class=\"about\">Score and numbers with 95 % intervals; “could be” is the "
      "range of ranks that redrawing the prompts leaves possible. Click a heading to sort.</p>{}{}</section>",
      html_ranking(board), notes(board));
  std::string body;
  for (const std::string& section : {ranking, middle, html_videos(board, previews), html_metrics(board),
                                     html_protocol(report), html_failures(report), manifest_section(report)})
    body += section + "\n";
  return html_page(
      {title_of(report), "data:", header(report), body,
       fmt::format("Definition {} · numbers with another definition are never ranked with these.",
                   board.digest)});
}

}  // namespace vidbench::report
