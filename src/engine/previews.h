// Small browser-playable copies of some videos, for the report.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "engine/plan.h"
#include "store/store.h"
#include "workers/evaluator.h"

namespace vidbench::engine {

struct Preview {
  std::string model, prompt_ref, prompt_text;  // text only for public suites or kept prompts
  uint64_t seed = 0;
  std::filesystem::path file;  // MP4, may be missing when its sample failed
};

// Encodes the videos of up to `prompts` prompts, spread over the suite, first seed, for every model, into
// <directory>/previews, and writes previews/index.json there. What exists is kept.
void make_previews(workers::Evaluator& evaluator, const Plan& plan,
                   const std::vector<store::SampleRecord>& samples, const std::filesystem::path& directory,
                   size_t prompts, bool with_text);

// The previews of a run directory; empty when none were made.
[[nodiscard]] std::vector<Preview> read_previews(const std::filesystem::path& directory);

}  // namespace vidbench::engine
