// How far a model's process can be kept from the rest of this machine: each level is tried.
#pragma once

#include <vector>

#include "resources/programs.h"

namespace vidbench::resources {

// "process", "bubblewrap", "podman", "docker". A level is available when something was run in it, or, for the
// container engines, when they answered.
[[nodiscard]] std::vector<Finding> find_isolation();

}  // namespace vidbench::resources
