#include "report/html_sections.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/error.h"
#include "base/files.h"
#include "base/strings.h"
#include "report/format.h"
#include "report/plot.h"

namespace vidbench::report {
namespace {

struct PromptRow {
  std::string ref, text;
  uint64_t seed = 0;
};

std::vector<PromptRow> prompt_rows(std::span<const PreviewVideo> previews) {
  std::vector<PromptRow> rows;
  for (const PreviewVideo& video : previews) {
    const bool is_known = std::any_of(rows.begin(), rows.end(), [&](const PromptRow& row) {
      return row.ref == video.prompt_ref && row.seed == video.seed;
    });
    if (!is_known) rows.push_back({video.prompt_ref, video.prompt_text, video.seed});
  }
  return rows;
}

std::vector<std::string> preview_models(const Leaderboard& board, std::span<const PreviewVideo> previews) {
  std::vector<std::string> models;
  for (const LeaderboardEntry& entry : board.entries)
    if (std::any_of(previews.begin(), previews.end(),
                    [&](const auto& video) { return video.model == entry.model; }))
      models.push_back(entry.model);
  return models;
}

// The file's bytes while the page has room for them; what cannot be read shows as an empty place.
std::optional<std::string> load_video(const PreviewVideo* video, size_t& room) {
  if (!video || video->path.empty()) return std::nullopt;
  try {
    std::string bytes = read_file(video->path, room);
    room -= bytes.size();
    return bytes;
  } catch (const Error&) {
    return std::nullopt;
  }
}

const PreviewVideo* find_video(std::span<const PreviewVideo> previews, const std::string& model,
                               const PromptRow& row) {
  for (const PreviewVideo& video : previews)
    if (video.model == model && video.prompt_ref == row.ref && video.seed == row.seed) return &video;
  return nullptr;
}

std::string video_cell(const std::optional<std::string>& bytes, const std::string& label) {
  if (!bytes) return "<td><div class=\"none\">no video</div></td>";
  return fmt::format(
      "<td><video loop muted autoplay playsinline aria-label=\"{}\" "
      "src=\"data:video/mp4;base64,{}\"></video></td>",
      escape_html(label), base64(*bytes));
}

std::string definition(const std::string& name, const std::string& value) {
  return fmt::format("<dt>{}</dt><dd>{}</dd>", escape_html(name), escape_html(value));
}

std::string plain(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  return document(value, -1);
}

// The scalar members of an object, and of its objects as "outer inner".
std::string flatten(const Json& json, const std::string& prefix = "") {
  if (!json.is_object()) return "";
  std::string text;
  for (const auto& [key, value] : json.items()) {
    std::string name = prefix + key;
    std::replace(name.begin(), name.end(), '_', ' ');
    if (value.is_object())
      text += flatten(value, name + " ");
    else if (key.ends_with("_bytes") && value.is_number_unsigned())
      text += definition(name.substr(0, name.size() - 6), human_bytes(value.get<uint64_t>()));
    else if (!value.is_null())
      text += definition(name, plain(value));
  }
  return text;
}

std::string settings_table(const RunReport& report) {
  std::string rows;
  for (const LeaderboardEntry& entry : report.board.entries) {
    std::string settings;
    for (const auto& [key, value] : entry.settings.items())
      settings += (settings.empty() ? "" : ", ") + key + " " + plain(value);
    const auto facts = std::find_if(report.facts.begin(), report.facts.end(),
                                    [&](const auto& item) { return item.model == entry.model; });
    const bool known = facts != report.facts.end();
    rows += fmt::format(
        "<tr><td class=\"name\">{}</td><td>{}</td><td>{}</td><td "
        "class=\"definition\">{}</td><td><code>{}</code></td></tr>\n",
        escape_html(entry.model), known ? escape_html(facts->device) : "–",
        known ? escape_html(facts->dtype) : "–", settings.empty() ? "–" : escape_html(settings),
        known && !facts->weights_sha256.empty() ? escape_html(facts->weights_sha256.substr(0, 12)) : "–");
  }
  return fmt::format(
      "<div class=\"scroll\"><table><thead><tr><th>model</th><th>device</th><th>dtype</th><th>settings</th>"
      "<th>weights sha256</th></tr></thead><tbody>{}</tbody></table></div>",
      rows);
}

}  // namespace

std::string html_plot(const Leaderboard& board) {
  std::vector<PlotPoint> points;
  for (const LeaderboardEntry& entry : board.entries) {
    const auto latency = entry.metrics.find("latency");
    if (!entry.quality || latency == entry.metrics.end()) continue;
    points.push_back({entry.model, latency->second.value, latency->second.low, latency->second.high,
                      *entry.quality, entry.quality_low, entry.quality_high, entry.pareto});
  }
  const std::string svg = quality_latency_plot(std::move(points));
  if (svg.empty()) return "";
  return fmt::format(
      "<section><h2>Quality against latency</h2><p class=\"about\">Models on the dashed line are "
      "Pareto-optimal: none is both "
      "better and faster. Bars are 95 % intervals.</p><div class=\"scroll\">{}</div></section>",
      svg);
}

std::string html_videos(const Leaderboard& board, std::span<const PreviewVideo> previews) {
  std::vector<PromptRow> rows = prompt_rows(previews);
  std::vector<std::string> models = preview_models(board, previews);
  if (rows.empty() || models.empty()) return "";
  const size_t all = previews.size();
  if (rows.size() > kMaxPreviewPrompts) rows.resize(kMaxPreviewPrompts);
  if (models.size() > kMaxPreviewModels) models.resize(kMaxPreviewModels);
  size_t room = kMaxPreviewBytes, shown = 0;
  std::string head = "<th></th>", body;
  for (const std::string& model : models)
    head += fmt::format("<th title=\"{0}\">{0}</th>", escape_html(model));
  for (const PromptRow& row : rows) {
    body += fmt::format("<tr><th>{}<small>{}seed {}</small></th>",
                        escape_html(row.text.empty() ? row.ref : row.text),
                        row.text.empty() ? "" : escape_html(row.ref) + " · ", row.seed);
    for (const std::string& model : models) {
      const auto bytes = load_video(find_video(previews, model, row), room);
      shown += bytes.has_value();
      body += video_cell(bytes, model + ", " + row.ref);
    }
    body += "</tr>\n";
  }
  const std::string rest = shown < all ? fmt::format(
                                             " {} of {} previews are on this page; the others are in the run "
                                             "directory or could not be read.",
                                             shown, all)
                                       : std::string();
  return fmt::format(
      "<section><div class=\"bar-head\"><h2>The videos</h2><button class=\"action\" type=\"button\" "
      "id=\"toggle-videos\">Pause "
      "all</button></div><p class=\"about\">The same prompt and the same seed for every model, best score "
      "first.{}</p>"
      "<div class=\"scroll\"><table "
      "class=\"videos\"><thead><tr>{}</tr></thead><tbody>{}</tbody></table></div></section>",
      rest, head, body);
}

std::string html_protocol(const RunReport& report) {
  const Leaderboard& board = report.board;
  std::string seeds;
  for (size_t i = 0; i < board.seeds.size() && i < 20; ++i)
    seeds += fmt::format("{}{}", i ? ", " : "", board.seeds[i]);
  if (board.seeds.size() > 20) seeds += ", …";
  std::string list =
      definition("suite", fmt::format("{} ({:.12})", board.suite, board.suite_digest)) +
      definition("prompts", fmt::format("{}", board.prompts)) + definition("seeds", seeds) +
      definition("clock",
                 "latency runs from the start of the request until its frames are complete in memory, device "
                 "synchronised; loading, warm-up generations, encoding and scoring are outside");
  Json suite = report.manifest.value("suite", Json::object());
  if (suite.is_object())
    for (const char* shown : {"id", "digest", "title", "prompts"}) suite.erase(shown);
  list += flatten(suite);
  std::string machine = flatten(report.manifest.value("hardware", Json::object())) +
                        flatten(report.manifest.value("versions", Json::object()));
  if (const Json command = report.manifest.value("command", Json()); command.is_array()) {
    std::string text;
    for (const Json& word : command) text += fmt::format("{}{}", text.empty() ? "" : " ", plain(word));
    machine += definition("command", text);
  } else if (command.is_string()) {
    machine += definition("command", plain(command));
  }
  return fmt::format(
      "<section><h2>Protocol</h2><p class=\"about\">What was asked, how it was timed, on which "
      "machine.</p><dl class=\"pairs\">{}"
      "{}</dl>{}</section>",
      list, machine, settings_table(report));
}

}  // namespace vidbench::report
