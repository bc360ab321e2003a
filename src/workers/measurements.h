// Reads the answers of the metric worker, strictly: a number that is not there is never made up.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "workers/evaluator.h"

namespace vidbench::workers {

// The metrics of `offered` that are asked for. Throws Error(kInput) with a suggestion for one that is not
// offered.
[[nodiscard]] std::vector<store::MetricInfo> choose_metrics(const std::vector<store::MetricInfo>& offered,
                                                            const std::vector<std::string>& asked);

// One outcome per request. Throws WorkerError when the result as a whole breaks the protocol.
[[nodiscard]] std::vector<EvaluateOutcome> read_evaluate_result(
    const Json& result, const std::vector<EvaluateRequest>& requests,
    const std::vector<store::MetricInfo>& metrics);

// The rows of `count` videos. Throws WorkerError when a feature is missing, or is not `count` finite vectors
// of one length or of whole rows, as the metric of `offered` that uses it says (MetricInfo::row_size).
[[nodiscard]] std::map<std::string, store::ReferenceFeatures> read_reference_result(
    const Json& result, int64_t count, const std::vector<std::string>& features,
    const std::vector<store::MetricInfo>& offered);

}  // namespace vidbench::workers
