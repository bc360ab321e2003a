#include "cli/output.h"

#include "base/error.h"
#include "base/files.h"
#include "base/log.h"
#include "cli/context.h"

namespace vidbench::cli {

void Output::write_exports(const report::View& view) const {
  for (const std::string& file : exports) {
    write_file_atomic(file, report::render(view, report::format_of_file(file)));
    log_info("wrote " + file);
  }
}

void Output::show(const report::View& view) const {
  write_exports(view);
  print(report::render(view, format, stdout_style()));
}

void add_export_option(CLI::App& command, Output& output) {
  command
      .add_option("--export", output.exports,
                  "also write FILE, in the format of its extension: .json .jsonl .csv .md .html .tex; "
                  "repeatable")
      ->type_name("FILE")
      ->allow_extra_args(false)
      ->check([](const std::string& file) -> std::string {
        try {
          (void)report::format_of_file(file);
          return "";
        } catch (const Error& e) {
          return std::string(e.what()) + ": " + e.hint();
        }
      });
}

void add_output_options(CLI::App& command, Output& output) {
  add_format_option(command, output.format, report::view_formats());
  add_export_option(command, output);
}

}  // namespace vidbench::cli
