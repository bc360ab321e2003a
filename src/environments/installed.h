// The environments that were built on this machine.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "registry/registry.h"
#include "workers/child_process.h"

namespace vidbench::environments {

struct Installed {
  std::string name;
  bool complete = false;  // false: a build was interrupted
  bool in_use = false;    // a process holds it
  std::string python, created_at;
  uint64_t bytes = 0;
  std::vector<std::string> models;  // whose deployments name it now
};

// By name. What each model of `registry` names is looked up once.
[[nodiscard]] std::vector<Installed> list_installed(const registry::Registry& registry);

// The images that models of `registry` name and the engine has; it is asked for each. Its own commands remove
// them.
[[nodiscard]] std::vector<Installed> list_images(const registry::Registry& registry);

// Removes those that no model names, interrupted builds among them, but none that is in use. Returns what was
// (or, in a dry run, would be) removed.
std::vector<Installed> collect_garbage(const registry::Registry& registry, bool dry_run);

}  // namespace vidbench::environments
