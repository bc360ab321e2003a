// Whether a model takes what a suite's prompts give it beside the text: pictures and videos to start from.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "registry/registry.h"
#include "store/records.h"
#include "suites/suite.h"
#include "workers/runner.h"

namespace vidbench::engine {

// As far as the catalogue knows: throws Error(kInput) for a model that is known not to take the prompts'
// files, or known to need files that they lack. A model without `tasks` passes.
void require_inputs(const registry::Model& model, const std::vector<const suites::Prompt*>& prompts);

// Why the requests can no longer be made: a file is not what it was when they were planned.
[[nodiscard]] std::optional<store::Failure> changed_input(
    const std::vector<workers::GenerateRequest>& requests);

}  // namespace vidbench::engine
