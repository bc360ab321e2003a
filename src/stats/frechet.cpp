#include "stats/frechet.h"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "base/error.h"

namespace vidbench::stats {
namespace {

double divisor(Eigen::Index rows, Covariance kind) {
  return static_cast<double>(kind == Covariance::kUnbiased ? rows - 1 : rows);
}

// Square roots of a positive semi-definite matrix' eigenvalues. Those within rounding of 0 count as 0: the
// root of 1e-16 is 1e-8, and a rank-deficient covariance (fewer videos than features) has many of them.
Eigen::VectorXd roots_of(const Eigen::VectorXd& eigenvalues) {
  const double largest = eigenvalues.size() == 0 ? 0 : eigenvalues.maxCoeff();
  const double threshold =
      largest * static_cast<double>(eigenvalues.size()) * std::numeric_limits<double>::epsilon();
  return (eigenvalues.array() > threshold).select(eigenvalues.cwiseMax(0.0).cwiseSqrt(), 0.0);
}

// tr(M^½) of a symmetric positive semi-definite M.
double trace_of_root(const Eigen::MatrixXd& matrix) {
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(matrix, Eigen::EigenvaluesOnly);
  if (solver.info() != Eigen::Success) {
    throw Error(ErrorCode::kInternal, "the eigenvalues of a covariance did not converge");
  }
  return roots_of(solver.eigenvalues()).sum();
}

Eigen::MatrixXd symmetric_root(const Eigen::MatrixXd& matrix) {
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(matrix);
  if (solver.info() != Eigen::Success) {
    throw Error(ErrorCode::kInternal, "the eigenvalues of a covariance did not converge");
  }
  const Eigen::VectorXd roots = roots_of(solver.eigenvalues());
  return solver.eigenvectors() * roots.asDiagonal() * solver.eigenvectors().transpose();
}

Gaussian fit(const Features& rows, Covariance kind) {
  Gaussian gaussian;
  gaussian.count = static_cast<size_t>(rows.rows());
  gaussian.mean = rows.colwise().mean().transpose();
  const Features centred = rows.rowwise() - gaussian.mean.transpose();
  gaussian.covariance = Eigen::MatrixXd(centred.transpose() * centred) / divisor(rows.rows(), kind);
  return gaussian;
}

double combine(double mean_term, double trace_a, double trace_b, double cross) {
  return std::max(0.0, mean_term + trace_a + trace_b - 2 * cross);
}

Features gather_rows(const FeaturesRef& rows, std::span<const size_t> indices) {
  Features picked(static_cast<Eigen::Index>(indices.size()), rows.cols());
  for (size_t i = 0; i < indices.size(); ++i) {
    picked.row(static_cast<Eigen::Index>(i)) = rows.row(static_cast<Eigen::Index>(indices[i]));
  }
  return picked;
}

// More videos than features: the D×D product, with the reference's root computed once.
class WideStatistic {
 public:
  WideStatistic(const FeaturesRef& rows, const Gaussian& reference, Covariance kind)
      : rows_(rows), reference_(reference), kind_(kind), root_(symmetric_root(reference.covariance)) {}

  double operator()(std::span<const size_t> indices) const {
    const Gaussian generated = fit(gather_rows(rows_, indices), kind_);
    return combine((generated.mean - reference_.mean).squaredNorm(), reference_.covariance.trace(),
                   generated.covariance.trace(), trace_of_root(root_ * generated.covariance * root_));
  }

 private:
  const FeaturesRef& rows_;
  const Gaussian& reference_;
  Covariance kind_;
  Eigen::MatrixXd root_;
};

// Fewer videos than features: S1^½ XᵀX S1^½ and X S1 Xᵀ have the same non-zero eigenvalues, and the second is
// only N×N; a resample picks rows and columns of it and centres them.
class NarrowStatistic {
 public:
  NarrowStatistic(const FeaturesRef& rows, const Gaussian& reference, Covariance kind)
      : reference_(reference),
        kind_(kind),
        offset_(rows.rowwise() - reference.mean.transpose()),
        product_(offset_ * reference.covariance * offset_.transpose()),
        gram_(offset_ * offset_.transpose()) {}

  double operator()(std::span<const size_t> indices) const {
    const auto n = static_cast<Eigen::Index>(indices.size());
    const Eigen::MatrixXd product = centred(product_, indices) / divisor(n, kind_);
    // |mean - reference mean|² is the mean of all entries of the resampled Gram matrix.
    double gram_sum = 0;
    double gram_trace = 0;
    for (const size_t i : indices) {
      const auto row = static_cast<Eigen::Index>(i);
      gram_trace += gram_(row, row);
      for (const size_t j : indices) gram_sum += gram_(row, static_cast<Eigen::Index>(j));
    }
    const auto count = static_cast<double>(n);
    const double mean_term = gram_sum / (count * count);
    const double trace = (gram_trace - gram_sum / count) / divisor(n, kind_);
    return combine(mean_term, reference_.covariance.trace(), trace, trace_of_root(product));
  }

 private:
  static Eigen::MatrixXd centred(const Eigen::MatrixXd& full, std::span<const size_t> indices) {
    const auto n = static_cast<Eigen::Index>(indices.size());
    Eigen::MatrixXd picked(n, n);
    for (Eigen::Index j = 0; j < n; ++j) {
      for (Eigen::Index i = 0; i < n; ++i) {
        picked(i, j) = full(static_cast<Eigen::Index>(indices[static_cast<size_t>(i)]),
                            static_cast<Eigen::Index>(indices[static_cast<size_t>(j)]));
      }
    }
    const Eigen::VectorXd row_means = picked.rowwise().mean();
    picked.array() += row_means.mean();
    picked.colwise() -= row_means;
    picked.rowwise() -= row_means.transpose();
    return picked;
  }

  const Gaussian& reference_;
  Covariance kind_;
  Features offset_;
  Eigen::MatrixXd product_;
  Eigen::MatrixXd gram_;
};

Interval interval_of(size_t n, const IndexStatistic& statistic, const BootstrapOptions& options) {
  std::vector<size_t> all(n);
  for (size_t i = 0; i < n; ++i) all[i] = i;
  const double value = statistic(all);
  Interval interval =
      centred_interval(value, bootstrap_replicates(n, statistic, options), n, options.confidence);
  interval.low = std::max(0.0, interval.low);
  return interval;
}

}  // namespace

Gaussian fit_gaussian(const FeaturesRef& features, Covariance kind) {
  require_features(features, 2, "feature");
  return fit(features, kind);
}

double frechet_distance(const Gaussian& a, const Gaussian& b) {
  require_same_width(static_cast<size_t>(a.mean.size()), static_cast<size_t>(b.mean.size()));
  const Eigen::MatrixXd root = symmetric_root(a.covariance);
  return combine((a.mean - b.mean).squaredNorm(), a.covariance.trace(), b.covariance.trace(),
                 trace_of_root(root * b.covariance * root));
}

double frechet_distance(const FeaturesRef& a, const FeaturesRef& b, Covariance kind) {
  return frechet_distance(fit_gaussian(a, kind), fit_gaussian(b, kind));
}

Interval frechet_interval(const FeaturesRef& generated, const Gaussian& reference,
                          const BootstrapOptions& options, Covariance kind) {
  require_features(generated, 2, "generated");
  require_same_width(static_cast<size_t>(generated.cols()), static_cast<size_t>(reference.mean.size()));
  const auto n = static_cast<size_t>(generated.rows());
  if (generated.rows() < generated.cols()) {
    const NarrowStatistic statistic(generated, reference, kind);
    return interval_of(n, std::cref(statistic), options);
  }
  const WideStatistic statistic(generated, reference, kind);
  return interval_of(n, std::cref(statistic), options);
}

}  // namespace vidbench::stats
