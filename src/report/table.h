// A table of texts and how it is drawn: for terminals, CSV, Markdown, LaTeX and HTML. What the numbers mean
// is the caller's.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace vidbench::report {

enum class Emphasis { kNone, kBest, kGood, kBad, kDim };

struct Cell {
  std::string text;  // UTF-8, not escaped
  Emphasis emphasis = Emphasis::kNone;
  // Of CSV, where the text is rounded or shortened; "" where there is no number.
  std::optional<std::string> value = {};
};

struct TableColumn {
  std::string header;
  bool right = false;  // numbers are aligned to the right
  int priority =
      0;  // on a narrow terminal the columns with the largest priority are dropped first; 0 = never
};

struct Table {
  std::vector<TableColumn> columns;
  std::vector<std::vector<Cell>> rows;  // each as long as `columns`
};

struct TerminalStyle {
  size_t width = 100;   // columns of the terminal
  bool colour = false;  // ANSI; the caller decides (TTY and no NO_COLOR)
};

struct DrawnTable {
  std::string text;                  // lines ending in \n
  std::vector<std::string> dropped;  // headers of the columns that did not fit
};

// Box drawing. When even the columns that are never dropped do not fit, the widest left-aligned ones are
// shortened.
[[nodiscard]] DrawnTable draw_terminal(const Table& table, const TerminalStyle& style);
[[nodiscard]] std::string draw_markdown(const Table& table);
// RFC 4180, a header line; a text that a spreadsheet would run is written as escape_csv writes it, a number
// as it is.
[[nodiscard]] std::string draw_csv(const Table& table);
// <table>, to be sorted by its headings where the page has the report's script; and a page of its own.
[[nodiscard]] std::string draw_html(const Table& table);
[[nodiscard]] std::string table_page(const std::string& title, const Table& table);
// One with several tables, each under its heading; `legend` is plain text below them.
[[nodiscard]] std::string tables_page(const std::string& title,
                                      std::span<const std::pair<std::string, Table>> tables,
                                      const std::string& legend);
// A booktabs tabular environment.
[[nodiscard]] std::string draw_latex(const Table& table);

// Wraps text in the emphasis's ANSI codes when `colour`.
[[nodiscard]] std::string paint(const std::string& text, Emphasis emphasis, bool colour);

}  // namespace vidbench::report
