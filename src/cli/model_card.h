// A model as a Markdown page: what is known, from where, and what was measured here.
#pragma once

#include <string>
#include <vector>

#include "cli/model_memory.h"
#include "cli/model_versions.h"
#include "registry/registry.h"

namespace vidbench::cli {

// The same catalogue and the same runs give the same text.
[[nodiscard]] std::string model_card(const registry::Model& model, const registry::Registry& registry,
                                     const ModelMemory& memory, const std::vector<ModelVersion>& versions);

}  // namespace vidbench::cli
