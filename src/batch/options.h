// The options that a batch may set, under the names that `vidbench run` has for them.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/run.h"
#include "suites/suite.h"

namespace vidbench::batch {

using Values = std::map<std::string, Json>;             // option → its value
using Axes = std::map<std::string, std::vector<Json>>;  // option → the values that it takes in turn

struct OptionRule {
  enum class Kind { kWhole, kReal, kFlag, kChoice, kText, kSeeds };
  std::string name;  // "batch_size" is `vidbench run`'s --batch-size
  Kind kind = Kind::kWhole;
  double low = 0, high = 0;          // kWhole, kReal, kSeeds
  std::vector<std::string> choices;  // kChoice
};

// Settings of the generation first, in the order in which grids multiply.
[[nodiscard]] const std::vector<OptionRule>& option_rules();

// What a value must be: "a whole number from 1 to 10000"; "" when it is.
[[nodiscard]] std::string complaint(const OptionRule& rule, const Json& value);

// The part of the values that says how a video is generated.
[[nodiscard]] suites::GenerationSettings settings_of(const Values& values);
// Writes the others into `options`.
void apply(const Values& values, engine::RunOptions& options);

// "steps=4" or "steps=4 device=cpu".
[[nodiscard]] std::string text_of(const Values& values);

}  // namespace vidbench::batch
