// The metric worker seen from the engine: evaluate, reference features, previews.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "store/records.h"
#include "workers/runner.h"

namespace vidbench::workers {

struct EvaluateRequest {
  std::string id;
  std::filesystem::path video;
  store::Asked asked;            // its dimensions are not sent
  std::filesystem::path paired;  // the video that metrics with the need "paired" compare with; may be empty
};

struct EvaluateOutcome {
  std::string id;
  std::optional<store::Measurements> measurements;
  std::optional<store::Failure> failure;
};

struct EncodeRequest {
  std::string id;
  std::filesystem::path video, output;
  int scale = 1;
};

// Seconds that the evaluator may take: to start, for each video, and for a reference set.
struct EvaluatorTimeouts {
  double start_s = 120, sample_s = 300, reference_s = 3600;
};

// Thread rule as for Runner. Requests that crash the worker are retried one by one, so that a single hostile
// video fails alone.
class Evaluator {
 public:
  // `command`: the worker's program and arguments (vidbench-eval beside vidbench, unless configured
  // otherwise).
  Evaluator(std::vector<std::string> command, RunnerOptions options, EvaluatorTimeouts timeouts = {});
  ~Evaluator();
  Evaluator(const Evaluator&) = delete;
  Evaluator& operator=(const Evaluator&) = delete;

  // Launches; returns what the worker offers. Throws Error(kEnvironment). The other methods start the worker
  // when it does not run.
  std::vector<store::MetricInfo> start();
  // One outcome per request, in request order. A metric that was asked for and has no finite number makes the
  // sample bad-output; only a metric that needs a prompt or a paired video may lack where the request has
  // none. After a stop request every outcome without an answer has the failure kind "interrupted". Throws
  // Error(kEnvironment) when the worker cannot be started again, Error(kInput) for a metric it does not
  // offer.
  [[nodiscard]] std::vector<EvaluateOutcome> evaluate(const std::vector<EvaluateRequest>& requests,
                                                      const std::vector<std::string>& metrics,
                                                      std::stop_token stop);
  // Feature id → features of `count` reference videos of `kind`. Throws WorkerError.
  [[nodiscard]] std::map<std::string, store::ReferenceFeatures> reference(
      const std::string& kind, int count, uint64_t seed, const std::vector<std::string>& features);
  // The largest peak that the worker reported with an evaluation, 0 when it told none.
  [[nodiscard]] uint64_t peak_memory_bytes() const;
  // Failures by request id; empty = all written.
  [[nodiscard]] std::map<std::string, store::Failure> encode(const std::vector<EncodeRequest>& requests);
  void stop() noexcept;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vidbench::workers
