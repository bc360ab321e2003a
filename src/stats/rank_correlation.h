// Spearman's rank correlation (Spearman 1904).
#pragma once

#include <span>

namespace vidbench::stats {

// Of the values with 0, 1, 2, …: 1 when each is larger than the one before, -1 when each is smaller; equal
// values share their rank. 0 for fewer than two values, and when all are equal.
[[nodiscard]] double rank_correlation(std::span<const double> values);

}  // namespace vidbench::stats
