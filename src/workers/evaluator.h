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
  std::string prompt;
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

// Thread rule as for Runner. Requests that crash the worker are retried one by one, so that a single hostile
// video fails alone.
class Evaluator {
 public:
  // `command`: the worker's program and arguments (vidbench-eval beside vidbench, unless configured
  // otherwise).
  Evaluator(std::vector<std::string> command, RunnerOptions options);
  ~Evaluator();
  Evaluator(const Evaluator&) = delete;
  Evaluator& operator=(const Evaluator&) = delete;

  // Launches; returns what the worker offers. Throws Error(kEnvironment).
  std::vector<store::MetricInfo> start();
  [[nodiscard]] std::vector<EvaluateOutcome> evaluate(const std::vector<EvaluateRequest>& requests,
                                                      const std::vector<std::string>& metrics,
                                                      std::stop_token stop);
  // Feature id → features of `count` reference videos of `kind`.
  [[nodiscard]] std::map<std::string, store::ReferenceFeatures> reference(
      const std::string& kind, int count, uint64_t seed, const std::vector<std::string>& features);
  // Failures by request id; empty = all written.
  [[nodiscard]] std::map<std::string, store::Failure> encode(const std::vector<EncodeRequest>& requests);
  void stop() noexcept;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vidbench::workers
