// What a metric is: its description and the function from a video to a number or to a feature vector.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "metrics/sample.h"
#include "metrics/videos.h"
#include "store/records.h"

namespace vidbench::metrics {

// `info` is all that others know of the metric (docs/metrics.md). A sample metric has `measure`, which
// returns a finite number and depends on this video and its prompt alone; a set metric has none: vidbench
// reduces the feature vectors that `info.features` names. `measure` and `compute` throw Error(kInput) for a
// video (too short, too small) or a prompt that they cannot judge: it then has no value of this metric.
struct Metric {
  store::MetricInfo info;
  std::function<double(Sample&)> measure;
  size_t first_frames = 0;  // how many frames of the beginning it looks at; 0: all
  // Where a network takes several videos at once: keeps in each sample (keep_together) what `measure` will
  // ask for.
  std::function<void(std::span<Sample* const> samples)> prepare = {};
};

// A vector per video: the same length for every video, or rows of the metrics' MetricInfo::row_size numbers,
// one below the other. `definition` tells everything that determines it (network weights' digest,
// preprocessing version): it is part of the digest of a reference set.
struct Feature {
  std::string id;
  std::string definition;
  std::function<std::vector<float>(Sample&)> compute;
  size_t first_frames = 0;  // as Metric's
  // The same vectors for several videos of at least `first_frames` frames; may be absent.
  std::function<std::vector<std::vector<float>>(Videos)> compute_many = {};
};

}  // namespace vidbench::metrics
