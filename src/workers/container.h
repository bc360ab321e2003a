// The container that a model's process runs in, where its deployment names an image
// (docs/add-a-model.md#containers).
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "registry/container_engine.h"
#include "registry/environment.h"
#include "workers/runner.h"

namespace vidbench::workers {

// find_environment(), and for an image the engine is asked whether it has it: that starts a program.
[[nodiscard]] registry::Environment look_up_environment(const registry::Deployment& deployment);
// Adds to `missing` what only the engine can tell: that it does not have the model's image. Returns what
// look_up_environment() finds.
registry::Environment ask_engine(registry::Model& model);

// A file or folder of the machine that stands at the same place inside.
struct Mount {
  std::filesystem::path path;
  bool writable = false;
};

// What the container has of the machine; all else is not there.
struct ContainerOptions {
  std::string name;  // no other container's on this machine
  std::vector<Mount> mounts;
  std::vector<std::pair<std::string, std::string>> environment;
  std::filesystem::path directory;  // to work in; "" = the image's
  bool gpu = false, network = false;
};

// Checkout, weights, the Python SDK and the files of `options`; network unless `options.offline`, the GPU for
// a device "cuda…".
[[nodiscard]] ContainerOptions container_options(const registry::Model& model, const RunnerOptions& options);
[[nodiscard]] std::string new_container_name();

// Runs `command`, whose program is one of the image; its standard streams are the engine's, and it may write
// nothing but writable mounts and /tmp, which is memory. What it makes belongs to the caller.
[[nodiscard]] std::vector<std::string> container_command(const registry::ContainerEngine& engine,
                                                         const std::string& image,
                                                         const ContainerOptions& options,
                                                         const std::vector<std::string>& command);
// Ends and removes it, whatever state it is in.
[[nodiscard]] std::vector<std::string> removal_command(const registry::ContainerEngine& engine,
                                                       const std::string& name);
// The process that the machine sees for a container's first one; -1 when it is not told.
[[nodiscard]] pid_t container_pid(const std::string& name);

}  // namespace vidbench::workers
