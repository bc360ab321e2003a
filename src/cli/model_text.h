// How a model of the catalogue is told in one line.
#pragma once

#include <string>
#include <vector>

#include "registry/registry.h"

namespace vidbench::cli {

// The field's short words for the usual tasks: "t2v, i2v".
[[nodiscard]] std::string short_tasks(const std::vector<std::string>& tasks);
// "yes", or why it cannot run.
[[nodiscard]] std::string runs_here(const registry::Model& model);

}  // namespace vidbench::cli
