#include "cli/pull_options.h"

#include <cstdlib>
#include <string_view>

#include "blobs/collect.h"
#include "blobs/mirrors.h"

namespace vidbench::cli {

void add_pull_options(CLI::App& command, PullArguments& arguments) {
  command
      .add_option("--mirror", arguments.mirrors,
                  "base address of a mirror, asked first; repeatable (also: $VIDBENCH_MIRRORS)")
      ->allow_extra_args(false);
  command.add_flag("--offline", arguments.offline, "do not ask the network (also: VIDBENCH_OFFLINE=1)");
  command
      .add_option("--connections", arguments.connections, "connections for one file, at most (default: 4)")
      ->check(CLI::Range(1, 32));
  command
      .add_option("--join-after", arguments.join_after_s,
                  "seconds after which more connections help the first (default: 1)")
      ->check(CLI::NonNegativeNumber);
  command
      .add_option("--stall", arguments.stall_s,
                  "seconds without a byte after which a connection is given up (default: 60)")
      ->check(CLI::PositiveNumber);
  command.add_flag("--quiet", arguments.quiet, "no progress");
}

blobs::PullOptions pull_options(const PullArguments& arguments) {
  blobs::PullOptions options;
  options.mirrors = arguments.mirrors;
  const auto more = blobs::mirrors_of_environment();
  options.mirrors.insert(options.mirrors.end(), more.begin(), more.end());
  options.offline = arguments.offline || is_set("VIDBENCH_OFFLINE");
  options.max_bytes = blobs::quota();
  options.transfer.connections = arguments.connections;
  options.transfer.join_after_s = arguments.join_after_s;
  options.transfer.stall_s = arguments.stall_s;
  return options;
}

bool is_set(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0' && std::string_view(value) != "0";
}

}  // namespace vidbench::cli
