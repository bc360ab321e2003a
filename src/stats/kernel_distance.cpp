#include "stats/kernel_distance.h"

namespace vidbench::stats {
namespace {

Eigen::MatrixXd kernel(const FeaturesRef& a, const FeaturesRef& b) {
  const auto width = static_cast<double>(a.cols());
  return ((a * b.transpose()).array() / width + 1.0).cube().matrix();
}

Eigen::MatrixXd square_kernel(const FeaturesRef& a, const FeaturesRef& b) {
  const auto width = static_cast<double>(a.cols());
  return ((a * b.transpose()).array() / width).square().matrix();
}

void require_sets(const FeaturesRef& generated, const FeaturesRef& reference) {
  require_features(generated, 2, "generated");
  require_features(reference, 2, "reference");
  require_same_width(static_cast<size_t>(generated.cols()), static_cast<size_t>(reference.cols()));
}

double mean_off_diagonal(const Eigen::MatrixXd& square) {
  const auto n = static_cast<double>(square.rows());
  return (square.sum() - square.trace()) / (n * (n - 1));
}

}  // namespace

WeightedStatistic kernel_statistic(const FeaturesRef& generated, const FeaturesRef& reference) {
  require_sets(generated, reference);
  const Eigen::MatrixXd within = kernel(generated, generated);
  const Eigen::VectorXd to_reference = kernel(generated, reference).rowwise().mean();
  const double reference_mean = mean_off_diagonal(kernel(reference, reference));
  return [within, to_reference, reference_mean](const Eigen::VectorXd& weights) {
    const double n = weights.sum();
    const double same = weights.dot(within * weights) - weights.dot(within.diagonal());
    return same / (n * (n - 1)) + reference_mean - 2 * weights.dot(to_reference) / n;
  };
}

double kernel_distance(const FeaturesRef& a, const FeaturesRef& b) {
  return kernel_statistic(a, b)(Eigen::VectorXd::Ones(a.rows()));
}

Interval kernel_interval(const FeaturesRef& generated, const FeaturesRef& reference,
                         const BootstrapOptions& options) {
  return weighted_interval(static_cast<size_t>(generated.rows()), kernel_statistic(generated, reference),
                           options);
}

WeightedStatistic jedi_statistic(const FeaturesRef& generated, const FeaturesRef& reference) {
  require_sets(generated, reference);
  const Eigen::MatrixXd within = square_kernel(generated, generated);
  const Eigen::VectorXd to_reference = square_kernel(generated, reference).rowwise().mean();
  const double reference_mean = square_kernel(reference, reference).mean();
  return [within, to_reference, reference_mean](const Eigen::VectorXd& weights) {
    const double n = weights.sum();
    const double same = weights.dot(within * weights) / (n * n);
    return 100 * (same + reference_mean - 2 * weights.dot(to_reference) / n);
  };
}

double jedi_distance(const FeaturesRef& a, const FeaturesRef& b) {
  return jedi_statistic(a, b)(Eigen::VectorXd::Ones(a.rows()));
}

}  // namespace vidbench::stats
