// A file that a generation starts from, known by its content.
#pragma once

#include <filesystem>
#include <string>

namespace vidbench {

struct InputFile {
  std::filesystem::path path;  // absolute; empty = there is none
  std::string sha256;          // of the content when it was read
  [[nodiscard]] bool empty() const { return path.empty(); }
  bool operator==(const InputFile&) const = default;
};

}  // namespace vidbench
