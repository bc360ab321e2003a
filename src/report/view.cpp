#include "report/view.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <utility>

#include "base/error.h"
#include "base/strings.h"

namespace vidbench::report {
namespace {

const std::vector<std::pair<std::string, std::string>>& extensions() {
  static const std::vector<std::pair<std::string, std::string>> all = {
      {".json", "json"}, {".jsonl", "jsonl"}, {".csv", "csv"},    {".md", "md"},
      {".html", "html"}, {".tex", "latex"},   {".latex", "latex"}};
  return all;
}

Json plain_members(const Json& document) {
  Json plain = Json::object();
  for (const auto& [name, value] : document.items())
    if (!value.is_structured()) plain[name] = value;
  return plain;
}

}  // namespace

const std::vector<std::string>& view_formats() {
  static const std::vector<std::string> formats = {"table", "json", "jsonl", "csv", "md", "html", "latex"};
  return formats;
}

std::string format_of_file(const std::string& file) {
  const std::string extension = lower(std::filesystem::path(file).extension().string());
  std::vector<std::string> known;
  for (const auto& [name, format] : extensions()) {
    if (name == extension) return format;
    known.push_back(name);
  }
  throw_input(fmt::format("'{}' does not say its format", one_line(file)),
              "end its name in one of " + join(known, " "));
}

std::string json_lines(const Json& document, const std::string& rows) {
  if (rows.empty()) return vidbench::document(document, -1) + "\n";
  std::string text;
  const Json plain = plain_members(document);
  for (const Json& row : document.at(rows)) {
    Json line = plain;
    if (plain.contains("schema"))
      line["schema"] = fmt::format("{}#{}", plain["schema"].get<std::string>(), rows);
    if (row.is_object())
      line.update(row);
    else
      line[rows] = row;
    text += vidbench::document(line, -1) + "\n";
  }
  return text;
}

std::string render(const View& view, const std::string& format, const TerminalStyle& style) {
  if (const auto own = view.own.find(format); own != view.own.end()) return own->second();
  if (format == "json") return document(view.document()) + "\n";
  if (format == "jsonl") return json_lines(view.document(), view.rows);
  if (format == "csv") return draw_csv(view.table(false));
  if (format == "md") return draw_markdown(view.table(false));
  if (format == "latex") return draw_latex(view.table(false));
  if (format == "html") return table_page(view.title, view.table(false));
  return draw_terminal(view.table(true), style).text;
}

}  // namespace vidbench::report
