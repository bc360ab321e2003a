// Weight files as the metrics see them: found by place or by official name, told apart by digest.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace vidbench::metrics {

// A weight file: where it lies and its digest, or why it cannot be used.
struct WeightFile {
  std::filesystem::path path;
  std::string sha256;       // "" when there is a problem
  std::string problem;      // "weights … are not there", "" when there is none
  bool unverified = false;  // not the official file, or not known to be
};

// Reads the whole file for its digest, unless it is remembered (base/digest_memo.h).
[[nodiscard]] WeightFile weight_file(const std::filesystem::path& path);

// The first of `names` (the file's official name and its aliases) in the first of `folders` that has one.
[[nodiscard]] WeightFile find_weight_file(const std::vector<std::filesystem::path>& folders,
                                          const std::vector<std::string>& names);

}  // namespace vidbench::metrics
