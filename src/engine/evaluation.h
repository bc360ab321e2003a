// The evaluation stage: one metric worker that turns generated samples into committed measurements.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/context.h"
#include "workers/evaluator.h"

namespace vidbench::engine {

// The metrics of the suite as the worker describes them, in the suite's order. Throws Error(kInput) for one
// that the worker does not have.
[[nodiscard]] std::vector<store::MetricInfo> select_metrics(const suites::Suite& suite,
                                                            const std::vector<store::MetricInfo>& offered);

// The store's key of the reference features that `feature` of these metrics is compared with.
[[nodiscard]] std::map<std::string, std::string> reference_keys(
    const suites::Suite& suite, const std::vector<store::MetricInfo>& metrics);

// Evaluates until the queue is closed and empty. `evaluator` is null when the suite has no metrics.
// Throws what the metric worker throws when it cannot work at all.
void evaluate_samples(Context& context, workers::Evaluator* evaluator,
                      const std::vector<store::MetricInfo>& metrics);

}  // namespace vidbench::engine
