// Pareto fronts and ranks with their uncertainty.
#pragma once

#include <span>
#include <vector>

namespace vidbench::stats {

enum class Better { kHigher, kLower };

// points[i][axis], better[axis]. True for every point that no other point dominates (at least as good on
// every axis and better on one); equal points are all kept. Throws Error(kInput) for a point of another
// length or a value that is not finite.
[[nodiscard]] std::vector<bool> pareto_front(std::span<const std::vector<double>> points,
                                             std::span<const Better> better);

// 1 = best. Equal values share the best of their ranks (1, 1, 3).
[[nodiscard]] std::vector<size_t> ranks(std::span<const double> values, Better better);

struct RankInterval {
  size_t rank = 0;
  size_t rank_low = 0;   // best plausible rank
  size_t rank_high = 0;  // worst plausible rank
};

// values[entry] are the estimates, replicates[entry][r] their bootstrap replicates (equally many for all
// entries, drawn with the same seed when the entries share prompts). Entries are ranked within each
// replicate; the interval is the percentile interval of those ranks, rounded outwards and widened to hold the
// rank itself.
[[nodiscard]] std::vector<RankInterval> rank_intervals(std::span<const double> values,
                                                       std::span<const std::vector<double>> replicates,
                                                       Better better, double confidence = 0.95);

}  // namespace vidbench::stats
