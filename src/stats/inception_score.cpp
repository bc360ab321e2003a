#include "stats/inception_score.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace vidbench::stats {
namespace {

double p_log_p(double p) { return p > 0 ? p * std::log(p) : 0.0; }

void require_posteriors(const FeaturesRef& posteriors) {
  require_features(posteriors, 1, "posterior");
  for (Eigen::Index row = 0; row < posteriors.rows(); ++row) {
    const double sum = posteriors.row(row).sum();
    if (posteriors.row(row).minCoeff() < 0 || std::abs(sum - 1) > 1e-3) {
      throw_input(fmt::format("row {} of the posteriors is no distribution: sum {}, smallest {}", row, sum,
                              posteriors.row(row).minCoeff()),
                  "pass softmax probabilities, not logits");
    }
  }
}

}  // namespace

// mean KL(p_i || p) = H(p) - mean H(p_i), so that a resample needs each row's entropy only once.
WeightedStatistic inception_statistic(const FeaturesRef& posteriors) {
  require_posteriors(posteriors);
  const Features rows = posteriors;
  const Eigen::VectorXd row_p_log_p = rows.unaryExpr(&p_log_p).rowwise().sum();
  return [rows, row_p_log_p](const Eigen::VectorXd& weights) {
    const double n = weights.sum();
    const Eigen::VectorXd marginal = rows.transpose() * weights / n;
    return std::exp(weights.dot(row_p_log_p) / n - marginal.unaryExpr(&p_log_p).sum());
  };
}

double inception_score(const FeaturesRef& posteriors) {
  return inception_statistic(posteriors)(Eigen::VectorXd::Ones(posteriors.rows()));
}

Interval inception_interval(const FeaturesRef& posteriors, const BootstrapOptions& options) {
  Interval interval =
      weighted_interval(static_cast<size_t>(posteriors.rows()), inception_statistic(posteriors), options);
  interval.low = std::max(1.0, interval.low);
  return interval;
}

}  // namespace vidbench::stats
