// What every command that prints a table offers: --format and --export.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "report/view.h"

namespace vidbench::cli {

struct Output {
  std::string format = "table";      // on standard output
  std::vector<std::string> exports;  // files, format by extension

  // Writes the files, each whole or not at all, then prints.
  void show(const report::View& view) const;
  // The files alone.
  void write_exports(const report::View& view) const;
  [[nodiscard]] bool is_table() const { return format == "table"; }
};

// --format with all of report::view_formats(), and --export FILE, whose extension is checked while parsing:
// nothing runs for hours to end in a name that says nothing.
void add_output_options(CLI::App& command, Output& output);
// --export alone.
void add_export_option(CLI::App& command, Output& output);

}  // namespace vidbench::cli
