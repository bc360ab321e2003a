// A model in a process that speaks the worker protocol: runner kinds "worker" and "diffusers".
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "blobs/lease.h"
#include "registry/registry.h"
#include "workers/launch.h"
#include "workers/runner.h"
#include "workers/worker_process.h"

namespace vidbench::workers {

class ProcessRunner : public Runner {
 public:
  ProcessRunner(registry::Model model, RunnerOptions options)
      : model_(std::move(model)), options_(std::move(options)) {}
  ~ProcessRunner() override { ProcessRunner::stop(); }

  store::ModelFacts start() override;
  [[nodiscard]] bool alive() const override { return worker_ && worker_->alive(); }
  BatchOutcome generate(const std::vector<GenerateRequest>& requests, const std::filesystem::path& output_dir,
                        const ProgressFunction& progress, std::stop_token stop) override;
  void stop() noexcept override;

  // How the process ended at the last stop(); nullopt before.
  [[nodiscard]] std::optional<ExitStatus> last_exit() const { return last_exit_; }
  // -1 while none runs.
  [[nodiscard]] pid_t pid() const { return worker_ ? worker_->pid() : -1; }

 private:
  [[nodiscard]] Json load(double seconds_left);
  [[nodiscard]] store::ModelFacts facts_from(const Json& loaded, double load_s) const;
  std::vector<SampleOutcome> ask(const std::vector<GenerateRequest>& requests,
                                 const std::filesystem::path& output_dir, const ProgressFunction& progress,
                                 const std::stop_token& stop);

  registry::Model model_;
  RunnerOptions options_;
  HeldEnvironment held_;                 // while it is used
  std::unique_ptr<blobs::Lease> lease_;  // on the files of the weights store
  std::unique_ptr<WorkerProcess> worker_;
  std::optional<ExitStatus> last_exit_;
  pid_t measured_ = -1;  // whose memory counts
  bool on_cpu_ = false;
};

// The messages' params as docs/worker-protocol.md has them.
[[nodiscard]] Json load_params(const registry::Model& model, const RunnerOptions& options);
[[nodiscard]] Json request_to_json(const GenerateRequest& request);

}  // namespace vidbench::workers
