// Kernel distance (KID, KVD): unbiased squared maximum mean discrepancy with the polynomial kernel
// k(x, y) = (x·y / D + 1)³ (Bińkowski et al. 2018). Uses all rows (no random subsets), so that the value has
// no randomness of its own; it is not multiplied by 1000. It can be slightly negative for equal
// distributions.
#pragma once

#include "stats/features.h"
#include "stats/weighted.h"

namespace vidbench::stats {

// a [N, D], b [M, D], each with at least 2 rows. Throws Error(kInput) as frechet_distance does.
[[nodiscard]] double kernel_distance(const FeaturesRef& a, const FeaturesRef& b);

// The distance of weighted videos of `generated`: `video[i]` is the video of row i, 0 <= video[i], and a
// weight is that of each of a video's rows. Kernels are computed once, by blocks, and summed by pairs of
// videos: V² numbers are kept and a call costs V², however many rows a video has. Without `video` each row is
// a video.
[[nodiscard]] WeightedStatistic kernel_statistic(const FeaturesRef& generated, const FeaturesRef& reference,
                                                 std::span<const Eigen::Index> video = {});

// The interval resamples the rows of `generated` and is centred on the estimate.
[[nodiscard]] Interval kernel_interval(const FeaturesRef& generated, const FeaturesRef& reference,
                                       const BootstrapOptions& options = {.replicates = 200});

// JEDi (Luo et al., ICLR 2025): 100 times the biased squared maximum mean discrepancy with the kernel
// k(x, y) = (x·y / D)²; the pairs of a row with itself count, so that it is never negative and above zero for
// two finite sets of one distribution. Arguments and errors as above.
[[nodiscard]] double jedi_distance(const FeaturesRef& a, const FeaturesRef& b);
[[nodiscard]] WeightedStatistic jedi_statistic(const FeaturesRef& generated, const FeaturesRef& reference);

}  // namespace vidbench::stats
