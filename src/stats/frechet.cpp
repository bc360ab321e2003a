#include "stats/frechet.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <vector>

#include "stats/linear_algebra.h"

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
double trace_of_root(Eigen::MatrixXd matrix) {
  return roots_of(symmetric_eigenvalues(std::move(matrix))).sum();
}

// An F with F Fᵀ = M. The traces and forms below do not depend on which: another is F Q with Q orthogonal.
Eigen::MatrixXd factor(const Eigen::MatrixXd& matrix) {
  if (auto lower = cholesky_factor(matrix)) return *std::move(lower);
  const SymmetricEigen eigen = symmetric_eigen(matrix);
  return eigen.vectors * roots_of(eigen.values).asDiagonal();
}

Gaussian fit(const Features& rows, Covariance kind) {
  Gaussian gaussian;
  gaussian.count = static_cast<size_t>(rows.rows());
  gaussian.mean = rows.colwise().mean().transpose();
  const Features centred = rows.rowwise() - gaussian.mean.transpose();
  gaussian.covariance = scatter(centred) / divisor(rows.rows(), kind);
  return gaussian;
}

double combine(double mean_term, double trace_a, double trace_b, double cross) {
  return std::max(0.0, mean_term + trace_a + trace_b - 2 * cross);
}

// The rows that were drawn at least once, with the root of weight / divisor.
struct Drawn {
  Drawn(const Eigen::VectorXd& weights, Covariance kind) : total(weights.sum()) {
    const double scale = 1 / (total - (kind == Covariance::kUnbiased ? 1 : 0));
    for (Eigen::Index i = 0; i < weights.size(); ++i)
      if (weights[i] > 0) rows.push_back(i);
    share = weights(rows) / total;
    root = (weights(rows) * scale).cwiseSqrt();
  }
  double total;
  std::vector<Eigen::Index> rows;
  Eigen::VectorXd share, root;
};

// At least as many videos as features: the D×D product, with the reference's factor computed once.
class WideStatistic {
 public:
  WideStatistic(const FeaturesRef& rows, const Gaussian& reference, Covariance kind)
      : rows_(rows),
        mean_(reference.mean),
        reference_trace_(reference.covariance.trace()),
        kind_(kind),
        projected_(project(rows, factor(reference.covariance))) {}

  double operator()(const Eigen::VectorXd& weights) const {
    const Drawn drawn(weights, kind_);
    const Features rows = rows_(drawn.rows, Eigen::all);
    const Eigen::RowVectorXd mean = drawn.share.transpose() * rows;
    const Features projected = scaled(projected_(drawn.rows, Eigen::all), drawn);
    // A redraw may have fewer distinct rows than features; both products have the same non-zero eigenvalues.
    const double cross = projected.rows() < projected.cols()
                             ? trace_of_root(inner_products(projected, projected))
                             : trace_of_root(scatter(projected));
    return combine((mean.transpose() - mean_).squaredNorm(), reference_trace_,
                   scaled(rows, drawn).squaredNorm(), cross);
  }

 private:
  // The drawn rows, centred, so that their product is the covariance.
  static Features scaled(const Features& rows, const Drawn& drawn) {
    const Eigen::RowVectorXd mean = drawn.share.transpose() * rows;
    return drawn.root.asDiagonal() * (rows.rowwise() - mean);
  }

  Features rows_;
  Eigen::VectorXd mean_;
  double reference_trace_;
  Covariance kind_;
  Features projected_;
};

// Fewer videos than features: S1^½ XᵀX S1^½ and X S1 Xᵀ have the same non-zero eigenvalues, and the second is
// only N×N; a redraw picks rows and columns of it and centres them.
class NarrowStatistic {
 public:
  NarrowStatistic(const FeaturesRef& rows, const Gaussian& reference, Covariance kind)
      : reference_trace_(reference.covariance.trace()), kind_(kind) {
    const Features offset = rows.rowwise() - reference.mean.transpose();
    product_ = inner_products(project(offset, reference.covariance), offset);
    gram_ = inner_products(offset, offset);
  }

  double operator()(const Eigen::VectorXd& weights) const {
    const Drawn drawn(weights, kind_);
    const Eigen::MatrixXd gram = gram_(drawn.rows, drawn.rows);
    const double mean_term = drawn.share.dot(gram * drawn.share);
    return combine(mean_term, reference_trace_, centred(gram, drawn).trace(),
                   trace_of_root(centred(product_(drawn.rows, drawn.rows), drawn)));
  }

 private:
  // The Gram matrix of the drawn rows after their mean is taken off and their weights are applied.
  static Eigen::MatrixXd centred(Eigen::MatrixXd gram, const Drawn& drawn) {
    const Eigen::VectorXd means = gram * drawn.share;
    gram.array() += drawn.share.dot(means);
    gram.colwise() -= means;
    gram.rowwise() -= means.transpose();
    return drawn.root.asDiagonal() * gram * drawn.root.asDiagonal();
  }

  double reference_trace_;
  Covariance kind_;
  Eigen::MatrixXd product_;
  Eigen::MatrixXd gram_;
};

// yᵢᵀ M^-½ yᵢ for y = c F with F Fᵀ = R and M = yᵀy / scale, on the space that the rows of y span. With
// y = U D Vᵀ these are the diagonal of U D Uᵀ √scale.
Eigen::VectorXd inverse_root_forms(const Features& centred, const Eigen::MatrixXd& reference, double scale) {
  if (centred.rows() < centred.cols()) {
    const SymmetricEigen eigen = symmetric_eigen(inner_products(project(centred, reference), centred));
    return std::sqrt(scale) * (eigen.vectors.array().square().matrix() * roots_of(eigen.values));
  }
  const Features y = project(centred, factor(reference));
  const SymmetricEigen eigen = symmetric_eigen(scatter(y));
  const Eigen::VectorXd roots = roots_of(eigen.values);
  const Eigen::VectorXd inverses = (roots.array() > 0).select(roots.cwiseInverse(), 0.0);
  return std::sqrt(scale) * (project(y, eigen.vectors).array().square().matrix() * inverses);
}

// Copies of the function share the statistic's matrices.
template <typename Statistic>
WeightedStatistic shared(const FeaturesRef& generated, const Gaussian& reference, Covariance kind) {
  return [statistic = std::make_shared<const Statistic>(generated, reference, kind)](
             const Eigen::VectorXd& weights) { return (*statistic)(weights); };
}

}  // namespace

Gaussian fit_gaussian(const FeaturesRef& features, Covariance kind) {
  require_features(features, 2, "feature");
  return fit(features, kind);
}

double frechet_distance(const Gaussian& a, const Gaussian& b) {
  require_same_width(static_cast<size_t>(a.mean.size()), static_cast<size_t>(b.mean.size()));
  const Eigen::MatrixXd root = factor(a.covariance);
  return combine((a.mean - b.mean).squaredNorm(), a.covariance.trace(), b.covariance.trace(),
                 trace_of_root(multiply(root.transpose(), multiply(b.covariance, root))));
}

double frechet_distance(const FeaturesRef& a, const FeaturesRef& b, Covariance kind) {
  return frechet_distance(fit_gaussian(a, kind), fit_gaussian(b, kind));
}

WeightedStatistic frechet_statistic(const FeaturesRef& generated, const Gaussian& reference,
                                    Covariance kind) {
  require_features(generated, 2, "generated");
  require_same_width(static_cast<size_t>(generated.cols()), static_cast<size_t>(reference.mean.size()));
  if (generated.rows() < generated.cols()) return shared<NarrowStatistic>(generated, reference, kind);
  return shared<WideStatistic>(generated, reference, kind);
}

// The derivative by a row's weight, with c the centred row, S and R the covariances, n - k the divisor:
//   2 (m - m_R)·c / n + (|c|² - tr S) / (n - k) - (cᵀF (FᵀSF)^-½ Fᵀc - tr (FᵀSF)^½) / (n - k)
WeightedStatistic frechet_expansion(const FeaturesRef& generated, const Gaussian& reference,
                                    Covariance kind) {
  require_features(generated, 2, "generated");
  require_same_width(static_cast<size_t>(generated.cols()), static_cast<size_t>(reference.mean.size()));
  const auto n = static_cast<double>(generated.rows());
  const double scale = divisor(generated.rows(), kind);
  const Eigen::VectorXd mean = generated.colwise().mean().transpose();
  const Features centred = generated.rowwise() - mean.transpose();
  const Eigen::VectorXd squares = centred.rowwise().squaredNorm();
  // Of M = FᵀSF with F Fᵀ = R: its forms average to tr M^½ / n · scale.
  const Eigen::VectorXd forms = inverse_root_forms(centred, reference.covariance, scale);
  const double trace = squares.sum() / scale;
  const double cross = forms.sum() / scale;
  const Eigen::VectorXd offset = mean - reference.mean;
  const double value = combine(offset.squaredNorm(), reference.covariance.trace(), trace, cross);
  const Eigen::VectorXd slopes =
      2 / n * (centred * offset) + ((squares - forms).array() - trace + cross).matrix() / scale;
  const double at_ones = slopes.sum();
  return [value, slopes, at_ones, n](const Eigen::VectorXd& weights) {
    return std::max(0.0, value + weights.dot(slopes) * (n / weights.sum()) - at_ones);
  };
}

Interval frechet_interval(const FeaturesRef& generated, const Gaussian& reference,
                          const BootstrapOptions& options, Covariance kind) {
  Interval interval = weighted_interval(static_cast<size_t>(generated.rows()),
                                        frechet_statistic(generated, reference, kind), options);
  interval.low = std::max(0.0, interval.low);
  return interval;
}

}  // namespace vidbench::stats
