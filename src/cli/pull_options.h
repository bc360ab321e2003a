// The options that commands share which fetch into the weights store.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "blobs/pull.h"

namespace vidbench::cli {

struct PullArguments {
  std::vector<std::string> mirrors;
  bool offline = false, quiet = false;
  int connections = 4;
  double join_after_s = 1, stall_s = 60;
};

void add_pull_options(CLI::App& command, PullArguments& arguments);
// With $VIDBENCH_MIRRORS, $VIDBENCH_OFFLINE and $VIDBENCH_STORE_QUOTA. Throws Error(kInput).
[[nodiscard]] blobs::PullOptions pull_options(const PullArguments& arguments);

// Whether the variable is set to something else than 0.
[[nodiscard]] bool is_set(const char* variable);

}  // namespace vidbench::cli
