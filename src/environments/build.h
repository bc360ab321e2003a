// Makes the environment that a deployment names.
#pragma once

#include <functional>
#include <stop_token>
#include <string>

#include "registry/environment.h"

namespace vidbench::environments {

struct BuildOptions {
  std::function<void(const std::string&)> on_line = [](const auto&) {};  // what pip prints
};

enum class Built { kAlreadyThere, kBuilt };

// A virtual environment with the packages of `environment.requirements`, under environment.folder; pip's own
// settings (PIP_INDEX_URL, PIP_NO_INDEX, PIP_FIND_LINKS, …) say where they come from. Several processes that
// want the same one build it once. What an interrupted build left is removed first. Beside environment.json
// lies lock.txt: what was installed in fact. Throws Error(kInput) for an environment that cannot be built,
// Error(kEnvironment) with pip's last lines, Error(kInterrupted) after a stop request. An image (as
// look_up_environment() found it) is pulled by the engine.
Built build(const registry::Environment& environment, const BuildOptions& options,
            const std::stop_token& stop);

}  // namespace vidbench::environments
