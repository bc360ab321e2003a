// A model as the text of a catalogue file.
#pragma once

#include <span>
#include <string>

#include "registry/registry.h"

namespace vidbench::registry {

// A catalogue file with this model alone: what is known, nothing that is a default. `remarks` stand above it
// as comments. What parse_catalogue() reads from the text is the model again, paths being as they are here.
[[nodiscard]] std::string catalogue_text(const Model& model, std::span<const std::string> remarks = {});

}  // namespace vidbench::registry
