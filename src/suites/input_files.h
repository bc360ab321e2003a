// The pictures and videos that a suite's prompts name.
#pragma once

#include <filesystem>
#include <string>

#include "base/input_file.h"
#include "base/yaml.h"

namespace vidbench::suites {

// The file that `entry` names under "image" or "video" (`key`), a path that starts at `folder`; empty when it
// names none. `entry.fail`s for one that is not there, is no regular file, is empty or too large, and for an
// ending that is no picture's or video's.
[[nodiscard]] InputFile read_input_file(YamlMap& entry, const std::string& key,
                                        const std::filesystem::path& folder);

}  // namespace vidbench::suites
