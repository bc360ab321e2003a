// A run as one file that another machine imports.
#pragma once

#include <filesystem>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "bundle/index.h"
#include "store/store.h"

namespace vidbench::bundle {

enum class Videos {
  kAll,       // the videos as they were generated, and the report's small copies
  kPreviews,  // the small copies alone
  kNone,
};

struct ExportOptions {
  Videos videos = Videos::kAll;
  bool logs = false;     // the workers' logs
  bool prompts = false;  // prompts of a private suite that the run was told to keep
};

struct Export {
  Index index;
  std::vector<std::string> left_out;  // one line for each video that is not there any more, or damaged
};

// Writes the bundle of `run` (a full id). `texts`: files that others make, by name (leaderboard.json,
// report.html). Without `prompts`, private prompts are left out of the manifest and the list of previews;
// the caller sees to it that they are not in `texts`. Throws Error(kInput) for a run in progress,
// Error(kEnvironment) when the target cannot be written, Error(kInterrupted) after a stop request: then
// nothing is left.
[[nodiscard]] Export export_bundle(store::Store& store, const std::string& run, const ExportOptions& options,
                                   const std::vector<std::pair<std::string, std::string>>& texts,
                                   const std::filesystem::path& target, const std::stop_token& stop);

}  // namespace vidbench::bundle
