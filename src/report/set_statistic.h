// The statistics of whole sets of videos (Fréchet, kernel distance, JEDi, Inception Score) as a run stores
// their features.
#pragma once

#include <vector>

#include "stats/weighted.h"
#include "store/records.h"

namespace vidbench::report {

struct SetStatistic {
  stats::WeightedStatistic evaluate;  // of the generated videos, with a weight each
  stats::WeightedStatistic
      redraw;      // the same for redraws of the whole set, to first order where that is dear
  double minimum;  // no value lies below
};

// The statistic that `metric.reducer` names. `videos`: one feature vector of the store for each; where the
// metric has a row size the vector is several rows (frames, say), the statistic is one of all rows, and the
// weight of a video is that of each of its rows: rows of one video are alike, so that a redraw takes all or
// none. `reference` may be null where the reducer needs none. Throws Error(kInput) for an unknown reducer,
// vectors of different lengths (or not of whole rows), or rows that the statistic does not take.
[[nodiscard]] SetStatistic set_statistic(const store::MetricInfo& metric,
                                         const std::vector<const std::vector<float>*>& videos,
                                         const store::ReferenceFeatures* reference);

// Whether the reducer compares with reference videos.
[[nodiscard]] inline bool needs_reference(const store::MetricInfo& metric) {
  return metric.reducer != "inception";
}

}  // namespace vidbench::report
