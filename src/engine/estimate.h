// What a run would cost, from what is cached and what earlier runs measured.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/plan.h"
#include "engine/run.h"
#include "store/store.h"

namespace vidbench::engine {

struct Cost {
  double amount = 0;
  std::string currency;
};

struct ModelEstimate {
  std::string model;
  size_t samples = 0, cached = 0;
  std::optional<double> seconds_per_sample;  // median of earlier runs with the same digest; unknown = nullopt
  std::optional<uint64_t> bytes;  // raw video bytes of what is still to generate, when sizes are known
  std::optional<uint64_t> peak_memory_bytes;  // the largest of those earlier runs
  bool paid = false;                          // a hosted model: its provider bills what it makes
  std::optional<Cost> cost;                   // of what is still to generate, when the price is known

  // Of what is still to generate; 0 when all is cached.
  [[nodiscard]] std::optional<double> seconds() const;
  [[nodiscard]] std::optional<uint64_t> disk_bytes() const;
};

[[nodiscard]] std::vector<ModelEstimate> estimate(store::Store& store, const Plan& plan,
                                                  const RunOptions& options);

}  // namespace vidbench::engine
