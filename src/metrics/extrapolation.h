// What FID∞ and the variants of FVD∞ share.
#pragma once

#include <string>

#include "store/records.h"

namespace vidbench::metrics {

// `info` (id, title, reducer, minimum_videos, citation) with the definition and the failure cases of the
// distance `of` extrapolated to endlessly many videos.
inline store::MetricInfo extrapolated(const std::string& of, store::MetricInfo info) {
  info.definition =
      "Where the least-squares line of the distance over 1 / size meets 0, over 15 subsets from min(256, "
      "half) "
      "to all of the videos, each drawn once with a fixed seed: free of the bias that makes distances of "
      "small "
      "sets larger. The distance is that of " +
      of + ".";
  info.failure_cases =
      "The line is one only where the subsets have more rows than a feature has numbers; below, the value is "
      "a "
      "guess, and may be negative. Wider interval than the distance itself. The reference set's own size "
      "still "
      "counts.";
  return info;
}

}  // namespace vidbench::metrics
