// The table of keys as others need it: an editor's JSON schema, a file to begin with.
#pragma once

#include <string>

#include "base/json.h"

namespace vidbench::config {

// JSON Schema of a configuration file (schemas/config.schema.json).
[[nodiscard]] Json file_schema();

// A configuration file in which every key stands as a comment.
[[nodiscard]] std::string empty_file();

}  // namespace vidbench::config
