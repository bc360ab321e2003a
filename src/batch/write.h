// Writes a batch file, for what somebody chose step by step.
#pragma once

#include <string>
#include <vector>

#include "batch/options.h"

namespace vidbench::batch {

struct SimpleBatch {
  std::string name;
  std::vector<std::string> models;
  std::string suite;  // a name, or an absolute path
  Axes options;
};

// YAML that parse_batch() reads as the same.
[[nodiscard]] std::string to_yaml(const SimpleBatch& batch);

}  // namespace vidbench::batch
