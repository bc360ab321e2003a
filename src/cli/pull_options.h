// The options that commands share which fetch into the weights store.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "blobs/pull.h"
#include "cli/context.h"

namespace vidbench::cli {

struct PullArguments {
  std::vector<std::string> mirrors;
  bool offline = false, quiet = false;
  int connections = 4;
  double join_after_s = 1, stall_s = 60;
};

// What the configuration says, for commands without these options.
[[nodiscard]] PullArguments configured_pull(const Context& context);
void add_pull_options(CLI::App& command, PullArguments& arguments);
// With $VIDBENCH_STORE_QUOTA; mirrors and offline are configured options. Throws Error(kInput).
[[nodiscard]] blobs::PullOptions pull_options(const PullArguments& arguments);

}  // namespace vidbench::cli
