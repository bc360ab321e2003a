#include "report/resample.h"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <memory>

#include "base/hash.h"
#include "base/random.h"
#include "stats/frechet.h"
#include "stats/kernel_distance.h"

namespace vidbench::report {
namespace {

constexpr size_t kSmallestClusterCount = 5;

std::vector<std::vector<size_t>> clusters_of(const RunData& data) {
  std::map<std::string, size_t> index;
  std::vector<std::vector<size_t>> by_prompt;
  for (size_t unit = 0; unit < data.units.size(); ++unit) {
    const auto [place, is_new] = index.emplace(data.units[unit].first, by_prompt.size());
    if (is_new) by_prompt.emplace_back();
    by_prompt[place->second].push_back(unit);
  }
  if (by_prompt.size() >= kSmallestClusterCount) return by_prompt;
  std::vector<std::vector<size_t>> single(data.units.size());
  for (size_t unit = 0; unit < single.size(); ++unit) single[unit] = {unit};
  return single;
}

Eigen::MatrixXd symmetric_root(const Eigen::MatrixXd& matrix) {
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(matrix);
  return solver.eigenvectors() * solver.eigenvalues().cwiseMax(0.0).cwiseSqrt().asDiagonal() *
         solver.eigenvectors().transpose();
}

// tr((S1^½ S2 S1^½)^½) where `rows` are the centred generated rows times S1^½, scaled so that S2 is their
// product: the smaller of the two products has the same non-zero eigenvalues.
double trace_of_root(const Eigen::MatrixXd& rows) {
  const Eigen::MatrixXd product = rows.rows() < rows.cols() ? Eigen::MatrixXd(rows * rows.transpose())
                                                            : Eigen::MatrixXd(rows.transpose() * rows);
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(product, Eigen::EigenvaluesOnly);
  return solver.eigenvalues().cwiseMax(0.0).cwiseSqrt().sum();
}

// The rows of `full` with a positive weight, centred by the weighted mean and scaled by √(weight / (total -
// 1)).
Eigen::MatrixXd scaled_rows(const Eigen::MatrixXd& full, const Eigen::VectorXd& weights) {
  const double total = weights.sum();
  const Eigen::RowVectorXd mean = weights.transpose() * full / total;
  Eigen::MatrixXd rows((weights.array() > 0).count(), full.cols());
  Eigen::Index next = 0;
  for (Eigen::Index i = 0; i < full.rows(); ++i)
    if (weights[i] > 0) rows.row(next++) = (full.row(i) - mean) * std::sqrt(weights[i] / (total - 1));
  return rows;
}

double p_log_p(double p) { return p > 0 ? p * std::log(p) : 0.0; }

Eigen::MatrixXd cubic_kernel(const stats::Features& a, const stats::Features& b) {
  return ((a * b.transpose()).array() / static_cast<double>(a.cols()) + 1.0).cube().matrix();
}

}  // namespace

Resamples draw_units(const RunData& data, size_t replicates) {
  const std::vector<std::vector<size_t>> clusters = clusters_of(data);
  // The seed names what is redrawn, so that two runs of one suite are redrawn alike.
  Random random(std::stoull(sha256_hex("units " + data.run.suite_digest).substr(0, 16), nullptr, 16));
  Resamples resamples(replicates, std::vector<uint16_t>(data.units.size(), 0));
  for (auto& counts : resamples)
    for (size_t draw = 0; draw < clusters.size(); ++draw)
      for (const size_t unit : clusters[random.below(clusters.size())]) ++counts[unit];
  return resamples;
}

WeightedStatistic frechet_statistic(const stats::Features& generated, const stats::Features& reference) {
  const stats::Gaussian fitted = stats::fit_gaussian(reference);
  struct Fixed {
    Eigen::MatrixXd rows, projected;
    Eigen::RowVectorXd reference_mean;
    double reference_trace;
  };
  const Eigen::MatrixXd rows = generated;
  const auto fixed = std::make_shared<const Fixed>(Fixed{rows, rows * symmetric_root(fitted.covariance),
                                                         fitted.mean.transpose(), fitted.covariance.trace()});
  return [fixed](const Eigen::VectorXd& weights) {
    const Eigen::RowVectorXd mean = weights.transpose() * fixed->rows / weights.sum();
    const double trace = scaled_rows(fixed->rows, weights).squaredNorm();
    const double cross = trace_of_root(scaled_rows(fixed->projected, weights));
    return std::max(
        0.0, (mean - fixed->reference_mean).squaredNorm() + fixed->reference_trace + trace - 2 * cross);
  };
}

WeightedStatistic kernel_statistic(const stats::Features& generated, const stats::Features& reference) {
  struct Fixed {
    Eigen::MatrixXd within;
    Eigen::VectorXd to_reference;
    double reference_mean;
  };
  const auto m = static_cast<double>(reference.rows());
  const Eigen::MatrixXd among = cubic_kernel(reference, reference);
  const auto fixed = std::make_shared<const Fixed>(Fixed{cubic_kernel(generated, generated),
                                                         cubic_kernel(generated, reference).rowwise().mean(),
                                                         (among.sum() - among.trace()) / (m * (m - 1))});
  return [fixed](const Eigen::VectorXd& weights) {
    const double n = weights.sum();
    const double same = weights.dot(fixed->within * weights) - weights.dot(fixed->within.diagonal());
    return same / (n * (n - 1)) + fixed->reference_mean - 2 * weights.dot(fixed->to_reference) / n;
  };
}

WeightedStatistic inception_statistic(const stats::Features& posteriors) {
  struct Fixed {
    Eigen::MatrixXd posteriors;
    Eigen::VectorXd row_p_log_p;
  };
  const auto fixed =
      std::make_shared<const Fixed>(Fixed{posteriors, posteriors.unaryExpr(&p_log_p).rowwise().sum()});
  return [fixed](const Eigen::VectorXd& weights) {
    const double n = weights.sum();
    const Eigen::VectorXd marginal = fixed->posteriors.transpose() * weights / n;
    return std::exp(weights.dot(fixed->row_p_log_p) / n - marginal.unaryExpr(&p_log_p).sum());
  };
}

}  // namespace vidbench::report
