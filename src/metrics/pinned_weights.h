// Weight files that are programs: used only when their digest is known.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "metrics/weights.h"

namespace vidbench::metrics {

// The first file `name` in `folders`, whose digest models/weights.yaml states or the folder's pins.json keeps
// (docs/weights.md); with a problem for one of neither, or of another digest.
[[nodiscard]] WeightFile find_pinned_weight_file(const std::vector<std::filesystem::path>& folders,
                                                 const std::string& name);

}  // namespace vidbench::metrics
