// The official weight files, held against what is known of them (docs/weights.md).
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "metrics/weights.h"

namespace vidbench::metrics {

// A file is another than the official one when its size, its digest or the first digits of that are not those
// of models/weights.yaml, or its digest is not the one that its folder's pins.json keeps. It has a problem
// then or, where the user accepts unverified files, is marked as one.
class OfficialWeights {
 public:
  OfficialWeights(std::vector<std::filesystem::path> folders, bool accept_unverified)
      : folders_(std::move(folders)), accept_unverified_(accept_unverified) {}

  // As find_weight_file. A file of which no digest is known is taken.
  [[nodiscard]] WeightFile find(const std::vector<std::string>& names) const;
  // For a file that is a program: one of which no digest is known is as one of another.
  [[nodiscard]] WeightFile find_program(const std::string& name) const;

 private:
  [[nodiscard]] WeightFile judged(WeightFile file, bool program) const;
  std::vector<std::filesystem::path> folders_;
  bool accept_unverified_;
};

}  // namespace vidbench::metrics
