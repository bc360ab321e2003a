// The places in a diffusers deployment's settings that name weights.
#pragma once

#include <vector>

#include "base/json.h"

namespace vidbench::registry {

// The mappings that may have a `path` or a `repo`: the settings themselves, `motion_adapter`, each of
// `components`, and `lora` (one or a list). They point into `settings`.
[[nodiscard]] std::vector<Json*> weight_sources(Json& settings);

}  // namespace vidbench::registry
