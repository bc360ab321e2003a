// The page of `vidbench score`: each metric with its distribution, and each video's values beside the playing
// video.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "report/format.h"
#include "report/html_page.h"
#include "report/video_scores.h"

namespace vidbench::report {
namespace {

constexpr size_t kBins = 24;
constexpr int kWidth = 192, kHeight = 44;  // of a histogram, in pixels
constexpr size_t kMaxRows = 5000;          // of the table of videos

std::vector<double> values_of(const VideoScores& scores, const std::string& metric) {
  std::vector<double> values;
  for (const auto& video : scores.videos) {
    if (!video.measurements) continue;
    const auto found = video.measurements->values.find(metric);
    if (found != video.measurements->values.end()) values.push_back(found->second);
  }
  return values;
}

std::array<size_t, kBins> histogram(const std::vector<double>& values, double low, double high) {
  std::array<size_t, kBins> counts{};
  for (const double value : values) {
    const double place = high > low ? (value - low) / (high - low) : 0.5;
    ++counts[std::min(static_cast<size_t>(place * kBins), kBins - 1)];
  }
  return counts;
}

// How the values of one metric lie between the smallest and the largest.
std::string distribution(const VideoScores& scores, const store::MetricInfo& metric) {
  const std::vector<double> values = values_of(scores, metric.id);
  if (values.size() < 2) return "<td class=\"missing\">–</td>";
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  const auto counts = histogram(values, *low, *high);
  const auto tallest = static_cast<double>(*std::max_element(counts.begin(), counts.end()));
  constexpr double kStep = static_cast<double>(kWidth) / kBins;
  std::string bars;
  for (size_t i = 0; i < kBins; ++i) {
    if (counts[i] == 0) continue;
    const double height = std::max(1.5, kHeight * static_cast<double>(counts[i]) / tallest);
    bars += fmt::format("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\"/>",
                        static_cast<double>(i) * kStep, kHeight - height, kStep - 1, height);
  }
  return fmt::format(
      "<td><svg class=\"histogram\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" height=\"{1}\" role=\"img\" "
      "aria-label=\"{2} values from {3} to {4}\">{5}</svg><small "
      "class=\"ends\"><span>{3}</span><span>{4}</span>"
      "</small></td>",
      kWidth, kHeight, values.size(), escape_html(format_value(*low, metric.unit)),
      escape_html(format_value(*high, metric.unit)), bars);
}

std::string metric_row(const VideoScores& scores, const MetricScore& score) {
  const auto& [metric, interval, missing] = score;
  std::string row =
      fmt::format("<tr><td class=\"name\" data-v=\"{0}\">{0}<small>{1}</small></td>", escape_html(metric.id),
                  escape_html(metric.title + (metric.unverified ? ", unverified weights" : "")));
  row += fmt::format("<td>{}</td>", metric.higher_is_better ? "higher ↑" : "lower ↓");
  if (interval)
    row += fmt::format("<td class=\"num\"><b>{}</b><small>{}</small></td><td class=\"num\">{}</td>",
                       escape_html(format_value(interval->value, metric.unit)),
                       escape_html(format_range(interval->value, interval->low, interval->high, metric.unit)),
                       interval->n);
  else
    row += fmt::format(
        "<td class=\"num missing\" title=\"{0}\">–<small>{0}</small></td><td class=\"num\">0</td>",
        escape_html(missing));
  row += metric.is_set ? "<td class=\"missing\">of the set</td>" : distribution(scores, metric);
  return row + fmt::format("<td class=\"definition\">{}<small>{}</small></td></tr>\n",
                           escape_html(metric.definition), escape_html(metric.citation));
}

std::string metrics_section(const VideoScores& scores) {
  std::string rows;
  for (const MetricScore& score : scores.metrics) rows += metric_row(scores, score);
  return fmt::format(
      "<section><h2>Metrics</h2><p class=\"about\">With 95 % intervals over redraws of the videos; the "
      "reference set, "
      "where there is one, is held fixed.</p><div "
      "class=\"scroll\"><table><thead><tr><th>metric</th><th>better</th>"
      "<th class=\"num\">value</th><th "
      "class=\"num\">videos</th><th>distribution</th><th>definition</th></tr></thead>"
      "<tbody>{}</tbody></table></div></section>",
      rows);
}

std::string video_cell(const store::VideoMeasurements& video, const VideoLinks& links) {
  const auto link = links.find(video.file);
  if (link == links.end()) return "<td><div class=\"none\">no video</div></td>";
  return fmt::format(
      "<td><video loop muted playsinline preload=\"none\" aria-label=\"{}\" src=\"{}\"></video></td>",
      escape_html(video.file), escape_html(link->second));
}

std::string video_row(const VideoScores& scores, const store::VideoMeasurements& video,
                      const VideoLinks& links) {
  std::string row = "<tr>" + video_cell(video, links);
  row += fmt::format(
      "<td class=\"file\" data-v=\"{0}\">{0}{1}</td>", escape_html(video.file),
      video.asked.prompt.empty() ? "" : fmt::format("<small>{}</small>", escape_html(video.asked.prompt)));
  for (const MetricScore& score : scores.metrics) {
    if (score.metric.is_set) continue;
    const bool has = video.measurements && video.measurements->values.contains(score.metric.id);
    if (has) {
      const double value = video.measurements->values.at(score.metric.id);
      row += fmt::format("<td class=\"num\" data-v=\"{}\">{}</td>", exact(value),
                         escape_html(format_value(value, score.metric.unit)));
      continue;
    }
    std::string reason = video.failure ? video.failure->message : "not measured";
    if (video.measurements && video.measurements->missing.contains(score.metric.id))
      reason = video.measurements->missing.at(score.metric.id);
    row += fmt::format("<td class=\"num missing\" data-v=\"\" title=\"{}\">–</td>", escape_html(reason));
  }
  return row + "</tr>\n";
}

std::string videos_section(const VideoScores& scores, const VideoLinks& links) {
  std::string head = "<th></th>" + html_heading("file", false, false);
  for (const MetricScore& score : scores.metrics)
    if (!score.metric.is_set)
      head += html_heading(score.metric.id, true, score.metric.higher_is_better, score.metric.definition);
  std::string rows;
  for (size_t i = 0; i < std::min(scores.videos.size(), kMaxRows); ++i)
    rows += video_row(scores, scores.videos[i], links);
  const std::string rest = scores.videos.size() > kMaxRows
                               ? fmt::format(" The first {} of {} are shown; --format csv has all.", kMaxRows,
                                             scores.videos.size())
                               : std::string();
  return fmt::format(
      "<section><div class=\"bar-head\"><h2>The videos</h2><button class=\"action\" type=\"button\" "
      "id=\"toggle-videos\">Pause all</button></div><p class=\"about\">Click a heading to sort. Videos play "
      "while they "
      "are in view.{}</p><div class=\"scroll\"><table "
      "class=\"scored\"><thead><tr>{}</tr></thead><tbody>{}</tbody>"
      "</table></div></section>",
      rest, head, rows);
}

std::string failures_section(const VideoScores& scores) {
  std::string rows;
  const auto add = [&](const std::vector<store::VideoMeasurements>& videos, const char* set) {
    for (const auto& video : videos)
      if (video.failure)
        rows += fmt::format("<tr><td class=\"file\">{}</td><td>{}</td><td class=\"failed\">{}</td></tr>\n",
                            escape_html(video.file), set, escape_html(video.failure->message));
  };
  add(scores.videos, "videos");
  add(scores.reference, "reference");
  if (rows.empty()) return "";
  return fmt::format(
      "<section><h2>Not scored</h2><p class=\"about\">These files could not be measured and are in no number "
      "above.</p><div class=\"scroll\"><table><thead><tr><th>file</th><th>set</th><th>why</th></tr></thead>"
      "<tbody>{}</tbody></table></div></section>",
      rows);
}

std::string header(const VideoScores& scores, const std::string& title) {
  const Coverage videos = coverage(scores.videos);
  std::string facts = html_fact("Videos", std::to_string(videos.found)) +
                      html_fact("Scored", std::to_string(videos.scored)) +
                      html_fact("Failed", std::to_string(videos.failed));
  if (!scores.reference.empty()) {
    const Coverage reference = coverage(scores.reference);
    facts += html_fact("Reference videos", fmt::format("{} of {}", reference.scored, reference.found));
  }
  return fmt::format(
      "<header class=\"head\"><div class=\"brand\">vidbench score</div><h1>{}</h1><div "
      "class=\"facts\">{}</div>"
      "</header>",
      escape_html(title), facts);
}

}  // namespace

std::string render_html(const VideoScores& scores, const std::string& title, const VideoLinks& links) {
  return html_page(
      {title, "&#39;self&#39; file: data:", header(scores, title),
       metrics_section(scores) + "\n" + videos_section(scores, links) + "\n" + failures_section(scores),
       "Definitions, versions and the digests of weights are in --format json."});
}

}  // namespace vidbench::report
