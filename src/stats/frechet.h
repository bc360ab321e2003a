// Fréchet distance between Gaussians fitted to two feature sets (FID, FVD).
//   d² = |m1 - m2|² + tr(S1) + tr(S2) - 2 tr((S1^½ S2 S1^½)^½)
// Dowson & Landau 1982; Heusel et al. 2017 (FID); Unterthiner et al. 2018 (FVD). The value is the squared
// distance, as every published FID and FVD is. The trace of the root comes from symmetric eigenvalues: real,
// never negative, no complex part to drop.
#pragma once

#include "stats/features.h"
#include "stats/weighted.h"

namespace vidbench::stats {

// Divisor of the covariance: N-1 (numpy.cov, tfgan, torch-fidelity) or N (StyleGAN-V, cd-fvd). It changes
// published numbers, so a metric names it in its definition.
enum class Covariance { kUnbiased, kBiased };

// Mean [D] and covariance [D, D] of a set of `count` rows: computed once for a reference set, then reused.
struct Gaussian {
  Eigen::VectorXd mean;
  Eigen::MatrixXd covariance;
  size_t count = 0;
};

// Needs at least 2 rows.
[[nodiscard]] Gaussian fit_gaussian(const FeaturesRef& features, Covariance kind = Covariance::kUnbiased);

// Throw Error(kInput) for different widths, too few rows or values that are not finite.
[[nodiscard]] double frechet_distance(const Gaussian& a, const Gaussian& b);
[[nodiscard]] double frechet_distance(const FeaturesRef& a, const FeaturesRef& b,
                                      Covariance kind = Covariance::kUnbiased);

// The distance of weighted rows of `generated` [N, D]; a call costs about min(N, D)³.
[[nodiscard]] WeightedStatistic frechet_statistic(const FeaturesRef& generated, const Gaussian& reference,
                                                  Covariance kind = Covariance::kUnbiased);

// The same distance to first order in the weights about that of all rows taken once, for redraws of sets
// that are too large to be computed again for each. Only the ratios of the weights count. Costs min(N, D)³
// once, and a call N. The spread that redraws have in it (the infinitesimal jackknife's) is nearer to that of
// new sets than the exact redraws', whose repeated rows add spread of their own.
[[nodiscard]] WeightedStatistic frechet_expansion(const FeaturesRef& generated, const Gaussian& reference,
                                                  Covariance kind = Covariance::kUnbiased);

// The distance of `generated` [N, D] from `reference`; the interval resamples the generated rows and is
// centred on the estimate (centred_interval), cut at 0. Costs about D³ once and min(N, D)³ a replicate.
[[nodiscard]] Interval frechet_interval(const FeaturesRef& generated, const Gaussian& reference,
                                        const BootstrapOptions& options = {.replicates = 200},
                                        Covariance kind = Covariance::kUnbiased);

}  // namespace vidbench::stats
