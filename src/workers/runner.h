// The runner interface: start a model in its own process, generate a batch, stop.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "base/input_file.h"
#include "registry/registry.h"
#include "store/records.h"

namespace vidbench::workers {

struct GenerateRequest {
  std::string id;
  std::string prompt, negative_prompt;
  std::string prompt_ref;  // SampleRecord::prompt_ref; stays with us (the replay runner finds videos by it)
  uint64_t seed = 0;
  std::optional<int> frames, width, height, steps;  // unset = the model's default
  std::optional<double> fps, guidance;
  InputFile image, video;  // what to start from beside the text; may be empty
};

// One request's outcome: a video or a failure.
struct SampleOutcome {
  std::string id;
  std::optional<store::GeneratedVideo> video;  // path absolute, sha256 not yet filled
  std::optional<store::Failure> failure;
  Json extras = Json();  // what the runner knows beside: stages, cost; null = nothing
};

struct BatchOutcome {
  std::vector<SampleOutcome> samples;     // one per request, in request order
  std::optional<store::Failure> failure;  // the batch failed as a whole (crash, timeout, …); samples empty
};

struct Progress {
  std::string id;  // sample id, may be empty
  std::string stage;
  int step = 0, steps = 0;
  uint64_t peak_memory_bytes = 0;
};
using ProgressFunction = std::function<void(const Progress&)>;

struct RunnerOptions {
  std::filesystem::path log_path;  // the worker's stderr is appended here
  int threads = 0;                 // 0 = the worker's choice
  std::string device = "auto";
  bool offline = true;
  double shutdown_grace_s = 5;  // how long the worker may take to end after `shutdown`, before signals
  // What a model in a container can see beside its own files (absolute): what generate() is called with lies
  // below.
  std::filesystem::path output_folder;
  std::vector<std::filesystem::path> input_files;  // the requests' images and videos
};

// `options` for those requests, whose videos go below `output_folder`.
[[nodiscard]] RunnerOptions with_files(RunnerOptions options, const std::filesystem::path& output_folder,
                                       std::span<const GenerateRequest> requests);

// Thread rule: one thread uses a runner at a time. After a batch failure of kind crash, timeout or bad-output
// the process is gone and `alive()` is false; `start()` brings it up again.
class Runner {
 public:
  virtual ~Runner() = default;
  // Launches and loads. Throws Error(kEnvironment) that carries the last log lines in its hint.
  virtual store::ModelFacts start() = 0;
  [[nodiscard]] virtual bool alive() const = 0;
  // Writes videos into `output_dir`. A stop request ends the batch with failure kind "interrupted".
  virtual BatchOutcome generate(const std::vector<GenerateRequest>& requests,
                                const std::filesystem::path& output_dir, const ProgressFunction& progress,
                                std::stop_token stop) = 0;
  virtual void stop() noexcept = 0;
  // Whether generations before timing starts, thrown away, make the timed ones faster.
  [[nodiscard]] virtual bool warms_up() const { return true; }
  // Whether the samples that failed so may be generated again; not when that could be paid for twice.
  [[nodiscard]] virtual bool may_repeat(const store::Failure& failure) const {
    (void)failure;
    return true;
  }
};

// The runner kinds are listed in register_builtin (runners.cpp). Throws Error(kInput) for a kind that is not
// there.
[[nodiscard]] std::unique_ptr<Runner> make_runner(const registry::Model& model, const RunnerOptions& options);

}  // namespace vidbench::workers
