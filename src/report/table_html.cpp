#include <fmt/format.h>

#include "base/strings.h"
#include "report/format.h"
#include "report/html_page.h"
#include "report/table.h"

namespace vidbench::report {
namespace {

const char* class_of(Emphasis emphasis) {
  switch (emphasis) {
    case Emphasis::kBest:
    case Emphasis::kGood:
      return " best";
    case Emphasis::kBad:
      return " failed";
    case Emphasis::kDim:
      return " missing";
    case Emphasis::kNone:
      break;
  }
  return "";
}

// Short words with a hyphen stay on one line: browsers would break text-to-video twice.
std::string cell_text(const std::string& text) {
  constexpr size_t kLongest = 28;
  std::string html;
  for (const std::string& word : split(text, ' ')) {
    const bool whole = word.find('-') != std::string::npos && word.size() <= kLongest;
    html += (html.empty() ? "" : " ") +
            (whole ? "<span class=\"word\">" + escape_html(word) + "</span>" : escape_html(word));
  }
  return html;
}

// `data-v` is what the page's script sorts by.
std::string cell_html(const Cell& cell, bool number) {
  return fmt::format("<td class=\"{}{}\" data-v=\"{}\">{}</td>", number ? "num" : "", class_of(cell.emphasis),
                     escape_html(cell.value.value_or(cell.text)), cell_text(cell.text));
}

}  // namespace

std::string draw_html(const Table& table) {
  std::string text = "<table>\n<thead><tr>";
  for (const TableColumn& column : table.columns) text += html_heading(column.header, column.right, false);
  text += "</tr></thead>\n<tbody>\n";
  for (const auto& row : table.rows) {
    text += "<tr>";
    for (size_t column = 0; column < row.size(); ++column)
      text += cell_html(row[column], table.columns[column].right);
    text += "</tr>\n";
  }
  return text + "</tbody>\n</table>\n";
}

std::string tables_page(const std::string& title, std::span<const std::pair<std::string, Table>> tables,
                        const std::string& legend) {
  HtmlPage page;
  page.title = title;
  page.media_source = "&#39;none&#39;";
  page.head = fmt::format("<header class=\"head\"><div class=\"brand\">vidbench</div><h1>{}</h1></header>",
                          escape_html(title));
  for (const auto& [heading, table] : tables) {
    const std::string name = heading.empty() ? "" : fmt::format("<h2>{}</h2>\n", escape_html(heading));
    page.body +=
        fmt::format("<section>{}<div class=\"scroll\">\n{}</div></section>\n", name, draw_html(table));
  }
  page.footer = escape_html(legend);
  return html_page(page);
}

std::string table_page(const std::string& title, const Table& table) {
  const std::pair<std::string, Table> only[] = {{"", table}};
  return tables_page(title, only, fmt::format("{} rows", table.rows.size()));
}

}  // namespace vidbench::report
