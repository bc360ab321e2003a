// Features that a network gives for the first frames of several videos at once.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "metrics/metric.h"

namespace vidbench::metrics {

// `compute` gives a vector for each video; all have at least `frames` frames.
[[nodiscard]] Feature clip_feature(std::string id, std::string definition, size_t frames,
                                   std::function<std::vector<std::vector<float>>(Videos)> compute);

}  // namespace vidbench::metrics
