// Statistics of weighted rows. A bootstrap redraw is a weight a row (how often it was drawn), so that a
// replicate reuses everything that does not depend on the draw.
#pragma once

#include <Eigen/Core>
#include <functional>

#include "stats/bootstrap.h"

namespace vidbench::stats {

// A statistic of rows, each taken `weights[row]` times: whole numbers, not negative, at least 2 in all. Holds
// what it needs, which copies of it share; safe to call from several threads.
using WeightedStatistic = std::function<double(const Eigen::VectorXd& weights)>;

// The value on n rows taken once each and its interval over redraws of the rows, centred on that value
// (centred_interval). Throws as bootstrap() does.
[[nodiscard]] Interval weighted_interval(size_t n, const WeightedStatistic& statistic,
                                         const BootstrapOptions& options);

}  // namespace vidbench::stats
