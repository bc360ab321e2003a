#include "report/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <numeric>

#include "base/strings.h"
#include "report/format.h"

namespace vidbench::report {
namespace {

constexpr size_t kPadding = 3;  // a rule and a space on each side
constexpr size_t kNarrowestText = 8;

std::string repeat(const char* text, size_t count) {
  std::string result;
  for (size_t i = 0; i < count; ++i) result += text;
  return result;
}

std::vector<size_t> natural_widths(const Table& table) {
  std::vector<size_t> widths;
  for (size_t column = 0; column < table.columns.size(); ++column) {
    size_t width = display_width(table.columns[column].header);
    for (const auto& row : table.rows) width = std::max(width, display_width(printable(row[column].text)));
    widths.push_back(width);
  }
  return widths;
}

size_t total_width(const std::vector<size_t>& widths, const std::vector<size_t>& shown) {
  size_t total = 1;
  for (const size_t column : shown) total += widths[column] + kPadding;
  return total;
}

// Drops the least important column, from the right among equals, until the rest fits.
std::vector<size_t> choose_columns(const Table& table, const std::vector<size_t>& widths, size_t limit) {
  std::vector<size_t> shown(table.columns.size());
  std::iota(shown.begin(), shown.end(), size_t{0});
  while (total_width(widths, shown) > limit) {
    auto worst = shown.end();
    for (auto it = shown.begin(); it != shown.end(); ++it) {
      const int priority = table.columns[*it].priority;
      if (priority > 0 && (worst == shown.end() || priority >= table.columns[*worst].priority)) worst = it;
    }
    if (worst == shown.end()) break;
    shown.erase(worst);
  }
  return shown;
}

// Makes the widest left-aligned column narrower, the rightmost among equals, until all fit: identifiers at
// the left are short, and sentences are at the right.
void shorten_texts(const Table& table, std::vector<size_t>& widths, const std::vector<size_t>& shown,
                   size_t limit) {
  while (total_width(widths, shown) > limit) {
    auto widest = shown.end();
    for (auto it = shown.begin(); it != shown.end(); ++it)
      if (!table.columns[*it].right && (widest == shown.end() || widths[*it] >= widths[*widest])) widest = it;
    if (widest == shown.end() || widths[*widest] <= kNarrowestText) return;
    --widths[*widest];
  }
}

std::string fit(const std::string& text, size_t width, bool right) {
  const std::string cut = truncate(text, width);
  const std::string space(width - std::min(width, display_width(cut)), ' ');
  return right ? space + cut : cut + space;
}

std::string rule(const char* left, const char* middle, const char* right, const std::vector<size_t>& widths,
                 const std::vector<size_t>& shown) {
  std::string line = left;
  for (size_t i = 0; i < shown.size(); ++i) line += (i ? middle : "") + repeat("─", widths[shown[i]] + 2);
  return line + right + "\n";
}

}  // namespace

std::string paint(const std::string& text, Emphasis emphasis, bool colour) {
  if (!colour) return text;
  switch (emphasis) {
    case Emphasis::kBest:
      return "\x1b[1;32m" + text + "\x1b[0m";
    case Emphasis::kGood:
      return "\x1b[32m" + text + "\x1b[0m";
    case Emphasis::kBad:
      return "\x1b[31m" + text + "\x1b[0m";
    case Emphasis::kDim:
      return "\x1b[2m" + text + "\x1b[0m";
    case Emphasis::kNone:
      break;
  }
  return text;
}

DrawnTable draw_terminal(const Table& table, const TerminalStyle& style) {
  std::vector<size_t> widths = natural_widths(table);
  const std::vector<size_t> shown = choose_columns(table, widths, style.width);
  shorten_texts(table, widths, shown, style.width);
  DrawnTable drawn;
  for (size_t column = 0; column < table.columns.size(); ++column)
    if (std::find(shown.begin(), shown.end(), column) == shown.end())
      drawn.dropped.push_back(table.columns[column].header);
  drawn.text = rule("┌", "┬", "┐", widths, shown);
  for (const size_t column : shown)
    drawn.text +=
        fmt::format("│ {} ", fit(table.columns[column].header, widths[column], table.columns[column].right));
  drawn.text += "│\n" + rule("├", "┼", "┤", widths, shown);
  for (const auto& row : table.rows) {
    for (const size_t column : shown) {
      const std::string text = fit(printable(row[column].text), widths[column], table.columns[column].right);
      drawn.text += fmt::format("│ {} ", paint(text, row[column].emphasis, style.colour));
    }
    drawn.text += "│\n";
  }
  drawn.text += rule("└", "┴", "┘", widths, shown);
  return drawn;
}

namespace {

bool is_number(const std::string& text) {
  double value = 0;
  const char* first = text.data();
  const char* last = first + text.size();
  if (!text.empty() && *first == '+') ++first;
  const auto [end, error] = std::from_chars(first, last, value);
  return error == std::errc() && end == last;
}

std::string csv_field(const std::string& text) { return is_number(text) ? text : escape_csv(text); }

}  // namespace

std::string draw_csv(const Table& table) {
  std::vector<std::string> fields;
  for (const TableColumn& column : table.columns) fields.push_back(csv_field(column.header));
  std::string text = join(fields, ",") + "\n";
  for (const auto& row : table.rows) {
    fields.clear();
    for (const Cell& cell : row) fields.push_back(csv_field(cell.value.value_or(cell.text)));
    text += join(fields, ",") + "\n";
  }
  return text;
}

std::string draw_markdown(const Table& table) {
  std::string text = "|";
  for (const TableColumn& column : table.columns)
    text += fmt::format(" {} |", escape_markdown(column.header));
  text += "\n|";
  for (const TableColumn& column : table.columns) text += column.right ? "---:|" : "---|";
  text += "\n";
  for (const auto& row : table.rows) {
    text += "|";
    for (const Cell& cell : row) {
      const std::string value = escape_markdown(cell.text);
      text +=
          cell.emphasis == Emphasis::kBest ? fmt::format(" **{}** |", value) : fmt::format(" {} |", value);
    }
    text += "\n";
  }
  return text;
}

namespace {

// The signs that plain pdflatex has no glyph for.
std::string latex_text(std::string text) {
  text = escape_latex(text);
  const std::pair<const char*, const char*> signs[] = {
      {"↑", "$\\uparrow$"}, {"↓", "$\\downarrow$"}, {"●", "$\\bullet$"}, {"±", "$\\pm$"},
      {"–", "--"},          {"µ", "$\\mu$"},        {"−", "$-$"},        {"…", "\\ldots{}"}};
  for (const auto& [sign, command] : signs)
    for (size_t at = 0; (at = text.find(sign, at)) != std::string::npos;
         at += std::string_view(command).size())
      text.replace(at, std::string_view(sign).size(), command);
  return text;
}

}  // namespace

std::string draw_latex(const Table& table) {
  std::string text = "\\begin{tabular}{";
  for (const TableColumn& column : table.columns) text += column.right ? 'r' : 'l';
  text += "}\n\\toprule\n";
  const auto line = [&](auto&& cell_text) {
    for (size_t column = 0; column < table.columns.size(); ++column)
      text += fmt::format("{}{}", column ? " & " : "", cell_text(column));
    text += " \\\\\n";
  };
  line([&](size_t column) { return latex_text(table.columns[column].header); });
  text += "\\midrule\n";
  for (const auto& row : table.rows) {
    line([&](size_t column) {
      const std::string value = latex_text(row[column].text);
      return row[column].emphasis == Emphasis::kBest ? fmt::format("\\textbf{{{}}}", value) : value;
    });
  }
  return text + "\\bottomrule\n\\end{tabular}\n";
}

}  // namespace vidbench::report
