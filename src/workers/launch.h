// How the process of a model or of the evaluator is started and greeted.
#pragma once

#include <string>
#include <vector>

#include "registry/environment.h"
#include "registry/registry.h"
#include "workers/child_process.h"
#include "workers/container.h"
#include "workers/runner.h"
#include "workers/worker_process.h"

namespace vidbench::workers {

// The program and arguments of a model of kind "worker" or "diffusers" in its environment; the interpreter of
// one that is not built stands where it will be.
[[nodiscard]] std::vector<std::string> command_of(const registry::Model& model,
                                                  const registry::Environment& environment);

// The environment that a model runs in; a built one is not removed while `lock` is open.
struct HeldEnvironment {
  registry::Environment environment;
  Descriptor lock;
};
// Throws Error(kEnvironment) when it is not there.
[[nodiscard]] HeldEnvironment hold_environment(const registry::Model& model);

// A model's worker as it is started: by itself, or in a container of that name ("" = none).
struct Launch {
  WorkerOptions worker;
  std::string container;
};
// Throws Error(kEnvironment) where an image is named and no engine is there: never is it started without.
[[nodiscard]] Launch launch_worker(const registry::Model& model, const registry::Environment& environment,
                                   const RunnerOptions& options,
                                   const std::string& container = new_container_name());

// The worker's environment: PYTHONPATH with our SDK in front, thread counts, and offline switches of the
// model hubs.
[[nodiscard]] WorkerOptions worker_options(std::vector<std::string> command, const RunnerOptions& options);

// Sends `initialize`, checks protocol and capability, returns the result. Throws WorkerError.
Json initialize(WorkerProcess& worker, const RunnerOptions& options, const std::string& capability,
                double timeout_s);

}  // namespace vidbench::workers
