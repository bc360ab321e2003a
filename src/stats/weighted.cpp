#include "stats/weighted.h"

namespace vidbench::stats {

Interval weighted_interval(size_t n, const WeightedStatistic& statistic, const BootstrapOptions& options) {
  const auto redrawn = [&](std::span<const size_t> indices) {
    Eigen::VectorXd weights = Eigen::VectorXd::Zero(static_cast<Eigen::Index>(n));
    for (const size_t i : indices) weights[static_cast<Eigen::Index>(i)] += 1;
    return statistic(weights);
  };
  const double value = statistic(Eigen::VectorXd::Ones(static_cast<Eigen::Index>(n)));
  return centred_interval(value, bootstrap_replicates(n, redrawn, options), n, options.confidence);
}

}  // namespace vidbench::stats
