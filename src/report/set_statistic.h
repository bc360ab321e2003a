// The statistics of whole sets of videos (Fréchet, kernel distance, Inception Score) as a run stores their
// rows.
#pragma once

#include <vector>

#include "stats/weighted.h"
#include "store/records.h"

namespace vidbench::report {

struct SetStatistic {
  stats::WeightedStatistic evaluate;  // of the generated rows, with a weight each
  double minimum;                     // no value lies below
};

// The statistic that `metric.reducer` names. `rows`: one feature vector of the store for each video;
// `reference` may be null where the reducer needs none. Throws Error(kInput) for an unknown reducer, vectors
// of different lengths, or rows that the statistic does not take.
[[nodiscard]] SetStatistic set_statistic(const store::MetricInfo& metric,
                                         const std::vector<const std::vector<float>*>& rows,
                                         const store::ReferenceFeatures* reference);

// Whether the reducer compares with reference videos.
[[nodiscard]] inline bool needs_reference(const store::MetricInfo& metric) {
  return metric.reducer != "inception";
}

}  // namespace vidbench::report
