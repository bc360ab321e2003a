// How the process of a model or of the evaluator is started and greeted.
#pragma once

#include <string>
#include <vector>

#include "registry/registry.h"
#include "workers/runner.h"
#include "workers/worker_process.h"

namespace vidbench::workers {

// The program and arguments of a model of kind "worker" or "diffusers". Throws Error(kEnvironment) when there
// is no Python interpreter.
[[nodiscard]] std::vector<std::string> command_of(const registry::Model& model);

// The worker's environment: PYTHONPATH with our SDK in front, thread counts, and offline switches of the
// model hubs.
[[nodiscard]] WorkerOptions worker_options(std::vector<std::string> command, const RunnerOptions& options);

// Sends `initialize`, checks protocol and capability, returns the result. Throws WorkerError.
Json initialize(WorkerProcess& worker, const RunnerOptions& options, const std::string& capability,
                double timeout_s);

}  // namespace vidbench::workers
