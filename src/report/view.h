// What a command shows, in every format that people and programs read.
#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/json.h"
#include "report/table.h"

namespace vidbench::report {

// Nothing is computed for formats that nobody asks for.
struct View {
  std::string title;               // of an HTML page
  std::function<Json()> document;  // of json and jsonl
  std::string rows;  // the list in `document` of which jsonl has a line each; "" = the document is the line
  // `compact`: for a terminal, with the field's short words. Cells may hold exact numbers beside rounded
  // ones.
  std::function<Table(bool compact)> table;
  // Formats that are more, or other, than the table.
  std::map<std::string, std::function<std::string()>> own;
};

// "table", "json", "jsonl", "csv", "md", "html", "latex".
[[nodiscard]] const std::vector<std::string>& view_formats();
// The format of a file by its extension (.json .jsonl .csv .md .html .tex .latex, whatever the case). Throws
// Error(kInput) that lists them.
[[nodiscard]] std::string format_of_file(const std::string& file);

// The whole text in one of view_formats(). `style` is the terminal's, for "table".
[[nodiscard]] std::string render(const View& view, const std::string& format,
                                 const TerminalStyle& style = {});

// One object a line: the document's members that are plain values, then those of the row. "schema" is the
// document's, with "#" and the list's name.
[[nodiscard]] std::string json_lines(const Json& document, const std::string& rows);

}  // namespace vidbench::report
