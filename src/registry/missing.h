// Tells, without starting anything, why a model cannot run on this machine.
#pragma once

#include <string>
#include <vector>

#include "registry/registry.h"

namespace vidbench::registry {

// Missing programs, weight files, folders and Hugging Face downloads, one sentence each; empty = nothing is
// missing.
[[nodiscard]] std::vector<std::string> find_missing(const Model& model);

}  // namespace vidbench::registry
