// Fréchet distances freed of their bias by the size of the set: FID∞ and FVD∞.
//
// A distance of n videos is larger than that of endlessly many by about C / n. Subsets of rising size give a
// line over 1 / n, and where it meets 0 stands the estimate (Chong & Forsyth, CVPR 2020, arXiv:1911.07023).
#pragma once

#include <span>

#include "stats/frechet.h"

namespace vidbench::stats {

inline constexpr int kExtrapolationSizes = 15;

// The rows of `generated` [N, D] are those of videos: `video[i]` is row i's, all of 0 .. V-1 are there. The
// statistic has a weight a video. 15 sizes run evenly from min(256, V/2) videos to all V; each takes a
// subset of its own, drawn with a fixed seed, so that the number has no randomness of its own. Redraws are
// of first order (frechet_expansion) in every subset. It may lie below 0. Costs 15 expansions. Throws
// Error(kInput) for fewer than 4 videos, and as frechet_expansion does.
[[nodiscard]] WeightedStatistic frechet_extrapolation(const FeaturesRef& generated, const Gaussian& reference,
                                                      Covariance kind, std::span<const Eigen::Index> video);

}  // namespace vidbench::stats
