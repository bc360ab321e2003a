// Reads a provider file (schemas/provider.schema.json) strictly.
#pragma once

#include <filesystem>
#include <string>

#include "base/yaml.h"
#include "providers/provider.h"

namespace vidbench::providers {

// Both throw Error(kInput) "<file>:<line>: …".
[[nodiscard]] Provider parse_provider(const std::string& text, const std::string& origin);
[[nodiscard]] Provider load_provider(const std::filesystem::path& file, const std::string& shown);

// The `fields` of a provider or of a model's settings.
[[nodiscard]] Fields read_fields(YamlMap map);

}  // namespace vidbench::providers
