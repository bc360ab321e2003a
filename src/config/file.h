// One configuration file: the keys of the table, nested at their dots, and profiles of the same form.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "base/json.h"

namespace vidbench::config {

struct FileValue {
  Json value;  // as it stands there: paths are not resolved
  int line = 0;
};

using FileValues = std::map<std::string, FileValue>;  // by the key's name

struct FileContent {
  FileValues values;
  std::map<std::string, FileValues> profiles;
};

// Throws Error(kInput) "<origin>:<line>: …" for anything that is not a key with a value of its type.
[[nodiscard]] FileContent parse_file(const std::string& text, const std::string& origin);
// Throws the same, and when the file cannot be read.
[[nodiscard]] FileContent load_file(const std::filesystem::path& file);

}  // namespace vidbench::config
