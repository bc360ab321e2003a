#include "cli/pull_options.h"

#include "blobs/collect.h"
#include "cli/context.h"

namespace vidbench::cli {

PullArguments configured_pull(const Context& context) {
  PullArguments arguments;
  const Json& mirrors = context.configuration().at("models.mirrors").value;
  if (mirrors.is_array()) arguments.mirrors = mirrors.get<std::vector<std::string>>();
  const Json& offline = context.configuration().at("offline").value;
  arguments.offline = offline.is_boolean() && offline.get<bool>();
  return arguments;
}

void add_pull_options(CLI::App& command, PullArguments& arguments) {
  command
      .add_option("--mirror", arguments.mirrors,
                  "base address of a mirror, asked before the hub; repeatable (instead of $VIDBENCH_MIRRORS)")
      ->type_name("URL")
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
  add_quiet_flag(command, arguments.quiet);
}

blobs::PullOptions pull_options(const PullArguments& arguments) {
  blobs::PullOptions options;
  options.mirrors = arguments.mirrors;
  options.offline = arguments.offline;
  options.max_bytes = blobs::quota();
  options.transfer.connections = arguments.connections;
  options.transfer.join_after_s = arguments.join_after_s;
  options.transfer.stall_s = arguments.stall_s;
  return options;
}

}  // namespace vidbench::cli
