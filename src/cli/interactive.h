// `vidbench run` without arguments: a newcomer is asked for models, a suite and settings, sees the plan, and
// starts it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "batch/options.h"
#include "cli/guide.h"
#include "engine/run.h"
#include "store/store.h"

namespace vidbench::cli {

struct GuidedRun {
  std::vector<std::string> models;
  std::string suite;            // a name, or an absolute path
  batch::Axes options;          // only what was changed
  std::filesystem::path saved;  // the batch file; "" = none was wanted
  bool start = false;
};

// Asks until there is a plan; nullopt when it was left. Writes the batch file, never over another. `options`:
// what the plan is made with beside.
[[nodiscard]] std::optional<GuidedRun> ask_for_run(Guide& guide, store::Store& store,
                                                   const engine::RunOptions& options);

// Words of the command that does the same: {"vidbench", "run", …}.
[[nodiscard]] std::vector<std::string> equivalent_command(const GuidedRun& run);

// The values of a field's text, "4, 8.5" → {4, 8.5}; what is no number stays a text, for option rules to
// refuse.
[[nodiscard]] std::vector<Json> values_of(const std::string& text);

}  // namespace vidbench::cli
