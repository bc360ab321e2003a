// Answers the worker protocol's `evaluate`, `reference` and `encode` (docs/worker-protocol.md) with a
// registry.
#pragma once

#include "base/json.h"
#include "metrics/registry.h"
#include "workers/worker_server.h"

namespace vidbench::metrics {

class Service {
 public:
  // Kept by reference.
  explicit Service(const Registry& registry) : registry_(registry) {}

  // The `metrics` of `initialize`.
  [[nodiscard]] Json describe_metrics() const;
  // Each video is measured by itself; what goes wrong with one is that one's "error".
  [[nodiscard]] Json evaluate(const Json& params, workers::ProgressSink& progress) const;
  [[nodiscard]] Json reference(const Json& params, workers::ProgressSink& progress) const;
  [[nodiscard]] Json encode(const Json& params, workers::ProgressSink& progress) const;

 private:
  const Registry& registry_;
};

// Registers the methods of `service`, which must outlive the server.
void serve_metrics(workers::WorkerServer& server, const Service& service);

}  // namespace vidbench::metrics
