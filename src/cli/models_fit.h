// Models judged by the hardware that `vidbench doctor` finds.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "registry/registry.h"

namespace vidbench::cli {

// Leaves those whose needs fit, and says by which hardware.
void keep_fitting(std::vector<const registry::Model*>& models);

// {"fits", "reason", "source"}, and the same in words.
[[nodiscard]] Json fit_json(const registry::Model& model);
[[nodiscard]] std::string fit_text(const registry::Model& model);

}  // namespace vidbench::cli
