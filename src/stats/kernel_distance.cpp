#include "stats/kernel_distance.h"

namespace vidbench::stats {
namespace {

Eigen::MatrixXd kernel(const FeaturesRef& a, const FeaturesRef& b) {
  const auto width = static_cast<double>(a.cols());
  return ((a * b.transpose()).array() / width + 1.0).cube().matrix();
}

double mean_off_diagonal(const Eigen::MatrixXd& square) {
  const auto n = static_cast<double>(square.rows());
  return (square.sum() - square.trace()) / (n * (n - 1));
}

// The three means of the estimator, with everything that a resample does not change computed once.
struct Kernels {
  Eigen::MatrixXd within;        // [N, N] of the generated rows
  Eigen::VectorXd to_reference;  // [N] mean kernel of a generated row with the reference rows
  double reference_mean;         // mean over the reference's pairs

  double distance(const Eigen::VectorXd& weights) const {
    const double n = weights.sum();
    const double same = weights.dot(within * weights) - weights.dot(within.diagonal());
    return same / (n * (n - 1)) + reference_mean - 2 * weights.dot(to_reference) / n;
  }
};

Kernels make_kernels(const FeaturesRef& generated, const FeaturesRef& reference) {
  require_features(generated, 2, "generated");
  require_features(reference, 2, "reference");
  require_same_width(static_cast<size_t>(generated.cols()), static_cast<size_t>(reference.cols()));
  return {kernel(generated, generated), kernel(generated, reference).rowwise().mean(),
          mean_off_diagonal(kernel(reference, reference))};
}

}  // namespace

double kernel_distance(const FeaturesRef& a, const FeaturesRef& b) {
  return make_kernels(a, b).distance(Eigen::VectorXd::Ones(a.rows()));
}

Interval kernel_interval(const FeaturesRef& generated, const FeaturesRef& reference,
                         const BootstrapOptions& options) {
  const Kernels kernels = make_kernels(generated, reference);
  const auto n = static_cast<size_t>(generated.rows());
  const auto statistic = [&](std::span<const size_t> indices) {
    Eigen::VectorXd weights = Eigen::VectorXd::Zero(generated.rows());
    for (const size_t i : indices) weights[static_cast<Eigen::Index>(i)] += 1;
    return kernels.distance(weights);
  };
  const double value = kernels.distance(Eigen::VectorXd::Ones(generated.rows()));
  return centred_interval(value, bootstrap_replicates(n, statistic, options), n, options.confidence);
}

}  // namespace vidbench::stats
