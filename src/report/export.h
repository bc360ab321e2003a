// A run as a file in the format that the reader's tool wants.
#pragma once

#include <span>
#include <string>

#include "report/html_report.h"

namespace vidbench::report {

struct ExportOptions {
  std::string format = "json";  // one of export_formats()
  std::string profile;          // as build_leaderboard
  bool samples = false;         // one record a sample instead of one a model
};

// The formats in the order of the help text.
[[nodiscard]] const std::vector<std::string>& export_formats();

// `previews` is used by the leaderboard's html alone. Throws Error(kInput) for an unknown format.
[[nodiscard]] std::string export_run(store::Store& store, const std::string& run,
                                     const ExportOptions& options,
                                     std::span<const PreviewVideo> previews = {});

}  // namespace vidbench::report
