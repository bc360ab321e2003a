// What a metric tells of the weight files that it reads.
#pragma once

#include <vector>

#include "metrics/weights.h"
#include "store/records.h"

namespace vidbench::metrics {

// `info` with the names of the files, the digests of those that `define` its number (joined by "+"), whether
// one is unverified, and why it is unavailable: the first problem of any. `others` have one content only,
// such as a vocabulary.
[[nodiscard]] store::MetricInfo with_weights(store::MetricInfo info, const std::vector<WeightFile>& define,
                                             const std::vector<WeightFile>& others = {});

}  // namespace vidbench::metrics
