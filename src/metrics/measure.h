// Metrics of videos.
#pragma once

#include "metrics/registry.h"
#include "store/records.h"

namespace vidbench::metrics {

// Adds the metric's value, or its feature vector, to `into`; a metric that cannot judge this video or this
// prompt (Error(kInput)) is missing there with the reason. Other errors pass.
void measure(const Metric& metric, Sample& sample, store::Measurements& into);

// Lets the network of a metric that can do so look at all the videos that the metric is asked of in one call;
// what measure() needs is then kept in the samples. Throws what the network throws.
void prepare(const Registry& registry, const Metric& metric, std::span<Sample* const> samples);

}  // namespace vidbench::metrics
