// The conformance test that a model's worker can be pointed at (docs/worker-protocol.md).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "registry/registry.h"
#include "workers/runner.h"

namespace vidbench::workers {

struct ConformanceCheck {
  std::string name;  // "same seed, same bytes"
  bool passed = false;
  bool required = true;  // false: a recommendation, which does not fail the report
  std::string detail;    // what was seen, or what went wrong
};

struct ConformanceReport {
  std::string model;
  std::vector<ConformanceCheck>
      checks;  // in the order they were made; what a failure made pointless is absent
  [[nodiscard]] bool passed() const;
};
[[nodiscard]] Json to_json(const ConformanceReport& report);

// What the test asks for; unset = the model's defaults.
struct ConformanceOptions {
  std::optional<int> frames, width, height;
  std::optional<int> steps = 2;
  std::string prompt = "a red circle moves right";
  InputFile image, video;  // for models that start from one
};

// Starts the worker three times: once for the handshake alone, then twice to generate the same two videos
// (seeds 1 and 2). Failures of the worker are checks that did not pass; throws Error only for what is not the
// worker's (a model without a worker: kInput; temporary files that cannot be written: kEnvironment).
[[nodiscard]] ConformanceReport validate_model(const registry::Model& model,
                                               const RunnerOptions& runner_options,
                                               const ConformanceOptions& options = {});

}  // namespace vidbench::workers
