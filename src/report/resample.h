// Paired resampling of a run: every model sees the same redrawn prompts, so that differences between models
// keep their pairing.
#pragma once

#include <cstdint>
#include <vector>

#include "report/run_data.h"

namespace vidbench::report {

inline constexpr size_t kMeanReplicates = 2000;  // for means and quantiles
inline constexpr size_t kJointReplicates = 200;  // for set statistics, scores and ranks

// counts[replicate][unit]: how often the unit was drawn.
using Resamples = std::vector<std::vector<uint16_t>>;

// Draws prompts with all their seeds when there are at least 5 prompts (seeds of one prompt are alike:
// drawing them apart would make the interval too narrow), else single units. Depends on the units and the run
// id alone.
[[nodiscard]] Resamples draw_units(const RunData& data, size_t replicates);

}  // namespace vidbench::report
