// One metric of one video.
#pragma once

#include "metrics/metric.h"
#include "store/records.h"

namespace vidbench::metrics {

// Adds the metric's value, or its feature vector, to `into`; a metric that cannot judge this video or this
// prompt (Error(kInput)) is missing there with the reason. Other errors pass.
void measure(const Metric& metric, Sample& sample, store::Measurements& into);

}  // namespace vidbench::metrics
