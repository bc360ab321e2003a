// Answers the worker protocol's `evaluate`, `reference` and `encode` (docs/worker-protocol.md) with a
// registry.
#pragma once

#include "base/json.h"
#include "metrics/registry.h"
#include "workers/worker_server.h"

namespace vidbench::metrics {

class Service {
 public:
  // `registry` is kept by reference. The networks of clips look at `at_once` videos together.
  explicit Service(const Registry& registry, size_t at_once = 1) : registry_(registry), at_once_(at_once) {}

  // The `metrics` of `initialize`.
  [[nodiscard]] Json describe_metrics() const;
  // What goes wrong with a video is that one's "error".
  [[nodiscard]] Json evaluate(const Json& params, workers::ProgressSink& progress) const;
  [[nodiscard]] Json reference(const Json& params, workers::ProgressSink& progress) const;
  [[nodiscard]] Json encode(const Json& params, workers::ProgressSink& progress) const;

 private:
  const Registry& registry_;
  size_t at_once_;
};

// Registers the methods of `service`, which must outlive the server.
void serve_metrics(workers::WorkerServer& server, const Service& service);

}  // namespace vidbench::metrics
