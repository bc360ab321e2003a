// What to do after a failed batch: a pure function of the failure and what was tried, so that it can be
// tested.
#pragma once

#include <string>

namespace vidbench::engine {

struct RetryPolicy {
  int max_attempts = 3;            // generations of one sample
  double failure_budget = 0.5;     // a model is given up when more than this share of its samples failed,
  int failure_budget_minimum = 5;  // but never before this many
};

enum class RetryAction {
  kFail,   // the samples failed
  kAgain,  // the same batch once more, the worker restarted when it is gone
  kSplit,  // in halves: smaller needs less memory, and isolates the sample that fails
  kWait,   // once more after a pause (network)
};

// `kind`: failure class; `attempt`: how often this batch was tried, from 1; `batch_size`: samples in it.
[[nodiscard]] RetryAction decide(const std::string& kind, int attempt, size_t batch_size,
                                 const RetryPolicy& policy);

// True when `failed` of `total` samples of a model are more than the budget allows.
[[nodiscard]] bool budget_exhausted(size_t failed, size_t total, const RetryPolicy& policy);

}  // namespace vidbench::engine
