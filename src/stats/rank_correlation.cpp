#include "stats/rank_correlation.h"

#include <cmath>
#include <vector>

namespace vidbench::stats {

double rank_correlation(std::span<const double> values) {
  const size_t n = values.size();
  std::vector<double> ranks(n);
  for (size_t i = 0; i < n; ++i)
    for (size_t j = 0; j < n; ++j)
      ranks[i] += values[j] < values[i] ? 1 : values[j] == values[i] && i != j ? 0.5 : 0;
  const double mean = static_cast<double>(n - 1) / 2;
  double both = 0, own = 0, order = 0;
  for (size_t i = 0; i < n; ++i) {
    const double a = ranks[i] - mean, b = static_cast<double>(i) - mean;
    both += a * b;
    own += a * a;
    order += b * b;
  }
  return own == 0 ? 0 : both / std::sqrt(own * order);
}

}  // namespace vidbench::stats
