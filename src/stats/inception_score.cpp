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

// mean KL(p_i || p) = H(p) - mean H(p_i), so that a resample needs each row's entropy only once.
double score(const FeaturesRef& posteriors, const Eigen::VectorXd& row_p_log_p,
             const Eigen::VectorXd& weights) {
  const double n = weights.sum();
  const Eigen::VectorXd marginal = posteriors.transpose() * weights / n;
  return std::exp(weights.dot(row_p_log_p) / n - marginal.unaryExpr(&p_log_p).sum());
}

}  // namespace

double inception_score(const FeaturesRef& posteriors) {
  require_posteriors(posteriors);
  const Eigen::VectorXd entropy = posteriors.unaryExpr(&p_log_p).rowwise().sum();
  return score(posteriors, entropy, Eigen::VectorXd::Ones(posteriors.rows()));
}

Interval inception_interval(const FeaturesRef& posteriors, const BootstrapOptions& options) {
  const double value = inception_score(posteriors);
  const Eigen::VectorXd entropy = posteriors.unaryExpr(&p_log_p).rowwise().sum();
  const auto statistic = [&](std::span<const size_t> indices) {
    Eigen::VectorXd weights = Eigen::VectorXd::Zero(posteriors.rows());
    for (const size_t i : indices) weights[static_cast<Eigen::Index>(i)] += 1;
    return score(posteriors, entropy, weights);
  };
  const auto n = static_cast<size_t>(posteriors.rows());
  Interval interval =
      centred_interval(value, bootstrap_replicates(n, statistic, options), n, options.confidence);
  interval.low = std::max(1.0, interval.low);
  return interval;
}

}  // namespace vidbench::stats
