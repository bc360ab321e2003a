// The list of official weight files: models/weights.yaml, read strictly. Its format: docs/weights.md.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace vidbench::weights {

struct OfficialFile {
  std::string name;  // the official file name; never a path
  std::string title;
  std::vector<std::string> urls;  // http or https, in the order they are tried; may be empty
  std::string page;               // where a person finds the file
  std::string sha256;             // of the whole file, "" when its makers state none
  std::string sha256_prefix;      // its first digits, "" when none are stated
  std::optional<uint64_t> bytes;
  std::string licence;  // SPDX where there is an identifier
  std::string note;
  std::vector<std::string> used_by;  // metric ids
};

struct Manifest {
  std::string origin;  // the file, for messages
  std::vector<OfficialFile> files;

  // nullptr when there is none of this name.
  [[nodiscard]] const OfficialFile* find(const std::string& name) const;
};

// Throws Error(kInput) "<file>:<line>: <what>" for an unknown key, a name that is not a plain file name, a
// URL of another scheme, a digest that is not one, or a repeated name.
[[nodiscard]] Manifest load_manifest(const std::filesystem::path& path);
[[nodiscard]] Manifest parse_manifest(const std::string& text, const std::string& origin);
// models/weights.yaml beside the program.
[[nodiscard]] std::filesystem::path default_manifest();

}  // namespace vidbench::weights
