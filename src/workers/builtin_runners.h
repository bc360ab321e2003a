// The runner kinds of this folder; runners.cpp lists them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "registry/registry.h"
#include "workers/runner.h"

namespace vidbench::workers {

// Kinds "worker" (the deployment's command) and "diffusers" (the Python worker): a process that speaks the
// protocol.
[[nodiscard]] std::unique_ptr<Runner> make_process_runner(const registry::Model& model,
                                                          const RunnerOptions& options);
// Kind "command": a script of somebody else's, run once for each sample (docs/add-a-model.md).
[[nodiscard]] std::unique_ptr<Runner> make_command_runner(const registry::Model& model,
                                                          const RunnerOptions& options);
// Kind "null": writes small .npy videos of seeded noise, in this process.
[[nodiscard]] std::unique_ptr<Runner> make_null_runner(const registry::Model& model,
                                                       const RunnerOptions& options);
// Kind "replay": copies existing videos out of the folder settings.path. A sample's video is the file
// <prompt_ref>-<seed>.<extension>, else <prompt_ref>.<extension>, where '/' in the prompt_ref is written '_'
// ("quickstart_7-42.mp4"); extensions: npy, mp4, webm, mkv, mov, avi, gif. An encoded file's frames, size and
// rate are left 0 (they are known once it is decoded); latencies are 0 because nothing was generated.
[[nodiscard]] std::unique_ptr<Runner> make_replay_runner(const registry::Model& model,
                                                         const RunnerOptions& options);

// Kind "http": a hosted service, by a file of providers/ (http_runner.h).
[[nodiscard]] std::unique_ptr<Runner> make_http_runner(const registry::Model& model,
                                                       const RunnerOptions& options);

// The deployment's defaults where the request leaves a number open.
[[nodiscard]] GenerateRequest with_defaults(GenerateRequest request,
                                            const registry::GenerationDefaults& defaults);

}  // namespace vidbench::workers
