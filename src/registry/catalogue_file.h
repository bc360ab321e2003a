// Reads one catalogue file (schemas/model.schema.json): a family, fields its models share, and the models.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "registry/registry.h"

namespace vidbench::registry {

// `root` is the folder that relative paths in the file refer to. Fills everything but `missing`. Throws
// Error(kInput)
// "<file>:<line>: …".
[[nodiscard]] std::vector<Model> load_catalogue_file(const std::filesystem::path& file,
                                                     const std::filesystem::path& root);
// The same from memory; `origin` stands for the file.
[[nodiscard]] std::vector<Model> parse_catalogue(const std::string& text, const std::string& origin,
                                                 const std::filesystem::path& root);

// The runner kinds a catalogue may name; make_runner (src/workers) has one implementation for each.
[[nodiscard]] const std::vector<std::string>& runner_kinds();

}  // namespace vidbench::registry
