// How the process of a model or of the evaluator is started and greeted.
#pragma once

#include <string>
#include <vector>

#include "registry/registry.h"
#include "workers/child_process.h"
#include "workers/runner.h"
#include "workers/worker_process.h"

namespace vidbench::workers {

// The program and arguments of a model of kind "worker" or "diffusers"; the interpreter of an environment
// that is not built stands where it will be.
[[nodiscard]] std::vector<std::string> command_of(const registry::Model& model);
// Keeps the environment that the model names from being removed while the descriptor is open. Throws
// Error(kEnvironment) when it is not there.
[[nodiscard]] Descriptor hold_environment(const registry::Model& model);

// Of the one that the model runs in, "" when it names none or the user chose an interpreter.
[[nodiscard]] std::string environment_name(const registry::Model& model);

// The worker's environment: PYTHONPATH with our SDK in front, thread counts, and offline switches of the
// model hubs.
[[nodiscard]] WorkerOptions worker_options(std::vector<std::string> command, const RunnerOptions& options);

// Sends `initialize`, checks protocol and capability, returns the result. Throws WorkerError.
Json initialize(WorkerProcess& worker, const RunnerOptions& options, const std::string& capability,
                double timeout_s);

}  // namespace vidbench::workers
