// One model under several settings: "shapes-base-8:steps=4" is the model shapes-base-8 asked for 4 steps.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "registry/registry.h"
#include "suites/suite.h"

namespace vidbench::engine {

// Name of a setting (suites::setting_rules) → the values it takes in turn. Lists multiply.
using SettingsGrid = std::vector<std::pair<std::string, std::vector<double>>>;

// All combinations, the last list varying fastest; one empty combination for an empty grid. Throws
// Error(kInput) for a name that is no setting, and a value out of range, not whole or there twice.
[[nodiscard]] std::vector<suites::GenerationSettings> combinations(const SettingsGrid& grid);

// `model` asked for `wanted` under `suite`. Its id tells what of it is in `varying` (names of settings), or
// differs from what suite and model would have done: two runs of a suite in which ids are equal asked the
// same.
[[nodiscard]] registry::Model variant(const registry::Model& model, const suites::Suite& suite,
                                      const suites::GenerationSettings& wanted,
                                      const std::vector<std::string>& varying = {});

// Each model under each combination: models in their order, then combinations.
[[nodiscard]] std::vector<registry::Model> variants(const std::vector<registry::Model>& models,
                                                    const suites::Suite& suite, const SettingsGrid& grid);

// The models of a run's manifest, as they were asked. Throws Error(kInput) for one that is not in the
// catalogue.
[[nodiscard]] std::vector<registry::Model> models_of(const Json& manifest,
                                                     const registry::Registry& registry);

// "shapes-base-8" of "shapes-base-8:steps=4".
[[nodiscard]] std::string base_model(const std::string& id);

}  // namespace vidbench::engine
