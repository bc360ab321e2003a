// Inception Score: exp of the mean KL divergence between each video's class posterior and their mean
// (Salimans et al. 2016), over the whole set (one split). Between 1 and the number of classes.
#pragma once

#include "stats/features.h"
#include "stats/weighted.h"

namespace vidbench::stats {

// posteriors [N, K]: rows of probabilities (not negative, sum 1 within 1e-3). Throws Error(kInput) naming the
// row otherwise.
[[nodiscard]] double inception_score(const FeaturesRef& posteriors);

// The score of rows taken with weights.
[[nodiscard]] WeightedStatistic inception_statistic(const FeaturesRef& posteriors);

// Resamples rows; the interval is centred on the estimate and cut at 1.
[[nodiscard]] Interval inception_interval(const FeaturesRef& posteriors,
                                          const BootstrapOptions& options = {.replicates = 200});

}  // namespace vidbench::stats
