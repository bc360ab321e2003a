// One configured value: read, checked, written.
#pragma once

#include <yaml-cpp/yaml.h>

#include <filesystem>
#include <string>

#include "base/json.h"
#include "config/keys.h"

namespace vidbench::config {

// The value that stands in a file. A fault is an Error(kInput) "<origin>:<line>: …".
[[nodiscard]] Json read_value(const Key& key, const YAML::Node& node, const std::string& origin);

// The value that a text stands for: of a variable or of the command line. `where` begins the message of the
// Error(kInput). Lists are separated by the key's character, or written as in YAML: [a, b].
[[nodiscard]] Json parse_value(const Key& key, const std::string& text, const std::string& where);

// The same with "~/…" as the home folder and paths that begin with neither '/' nor '~' below `folder`.
// `folder` empty: relative paths stay.
[[nodiscard]] Json resolve_paths(const Key& key, const Json& value, const std::filesystem::path& folder);

// For people and scripts: a list's entries with ", " between, a catalogue as in YAML.
[[nodiscard]] std::string value_text(const Json& value);
// For a variable: value_text with the key's separator.
[[nodiscard]] std::string variable_text(const Key& key, const Json& value);
// As one line of YAML that reads back as the same value.
[[nodiscard]] std::string value_yaml(const Json& value);

}  // namespace vidbench::config
