#include "stats/kernel_distance.h"

#include <algorithm>
#include <memory>
#include <numeric>
#include <vector>

#include "stats/linear_algebra.h"

namespace vidbench::stats {
namespace {

constexpr Eigen::Index kBlock = 512;  // 2 MB of kernel at a time

Eigen::MatrixXd kernel(const FeaturesRef& a, const FeaturesRef& b) {
  const auto width = static_cast<double>(a.cols());
  return (inner_products(a, b).array() / width + 1.0).cube().matrix();
}

Eigen::VectorXd kernel_diagonal(const FeaturesRef& rows) {
  const auto width = static_cast<double>(rows.cols());
  return (rows.rowwise().squaredNorm().array() / width + 1.0).cube().matrix();
}

// visit(first row of a, first row of b, kernel of that block)
template <typename Visit>
void for_blocks(const FeaturesRef& a, const FeaturesRef& b, Visit visit) {
  for (Eigen::Index i = 0; i < a.rows(); i += kBlock)
    for (Eigen::Index j = 0; j < b.rows(); j += kBlock)
      visit(i, j,
            kernel(a.middleRows(i, std::min(kBlock, a.rows() - i)),
                   b.middleRows(j, std::min(kBlock, b.rows() - j))));
}

double mean_between_rows(const FeaturesRef& rows) {
  const auto n = static_cast<double>(rows.rows());
  double sum = 0;
  for_blocks(rows, rows,
             [&](Eigen::Index, Eigen::Index, const Eigen::MatrixXd& block) { sum += block.sum(); });
  return (sum - kernel_diagonal(rows).sum()) / (n * (n - 1));
}

Eigen::MatrixXd square_kernel(const FeaturesRef& a, const FeaturesRef& b) {
  const auto width = static_cast<double>(a.cols());
  return (inner_products(a, b).array() / width).square().matrix();
}

void require_sets(const FeaturesRef& generated, const FeaturesRef& reference) {
  require_features(generated, 2, "generated");
  require_features(reference, 2, "reference");
  require_same_width(static_cast<size_t>(generated.cols()), static_cast<size_t>(reference.cols()));
}

// The kernel summed by videos: `owner[i]` is row i's.
struct KernelSums {
  KernelSums(const FeaturesRef& generated, const FeaturesRef& reference,
             const std::vector<Eigen::Index>& owner) {
    const auto of = [&owner](Eigen::Index row) { return owner[static_cast<size_t>(row)]; };
    const Eigen::Index videos = *std::max_element(owner.begin(), owner.end()) + 1;
    within = Eigen::MatrixXd::Zero(videos, videos);
    to_reference = diagonal = rows = Eigen::VectorXd::Zero(videos);
    for_blocks(generated, generated, [&](Eigen::Index i, Eigen::Index j, const Eigen::MatrixXd& block) {
      for (Eigen::Index column = 0; column < block.cols(); ++column)
        for (Eigen::Index row = 0; row < block.rows(); ++row)
          within(of(i + row), of(j + column)) += block(row, column);
    });
    for_blocks(generated, reference, [&](Eigen::Index i, Eigen::Index, const Eigen::MatrixXd& block) {
      const Eigen::VectorXd sums = block.rowwise().sum();
      for (Eigen::Index row = 0; row < block.rows(); ++row) to_reference[of(i + row)] += sums[row];
    });
    to_reference /= static_cast<double>(reference.rows());
    const Eigen::VectorXd itself = kernel_diagonal(generated);
    for (Eigen::Index row = 0; row < generated.rows(); ++row) {
      diagonal[of(row)] += itself[row];
      rows[of(row)] += 1;
    }
    reference_mean = mean_between_rows(reference);
  }

  Eigen::MatrixXd within;                        // of two videos' rows
  Eigen::VectorXd to_reference, diagonal, rows;  // rows: how many a video has
  double reference_mean = 0;
};

}  // namespace

WeightedStatistic kernel_statistic(const FeaturesRef& generated, const FeaturesRef& reference,
                                   std::span<const Eigen::Index> video) {
  require_sets(generated, reference);
  std::vector<Eigen::Index> owner(video.begin(), video.end());
  if (owner.empty()) {
    owner.resize(static_cast<size_t>(generated.rows()));
    std::iota(owner.begin(), owner.end(), 0);
  }
  const auto sums = std::make_shared<const KernelSums>(generated, reference, owner);
  return [sums](const Eigen::VectorXd& weights) {
    const double n = weights.dot(sums->rows);
    const double same = weights.dot(sums->within * weights) - weights.dot(sums->diagonal);
    return same / (n * (n - 1)) + sums->reference_mean - 2 * weights.dot(sums->to_reference) / n;
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
  const Eigen::VectorXd to_reference = square_kernel(generated, reference).rowwise().mean();
  const double reference_mean = square_kernel(reference, reference).mean();
  return [within = std::make_shared<const Eigen::MatrixXd>(square_kernel(generated, generated)), to_reference,
          reference_mean](const Eigen::VectorXd& weights) {
    const double n = weights.sum();
    const double same = weights.dot(*within * weights) / (n * n);
    return 100 * (same + reference_mean - 2 * weights.dot(to_reference) / n);
  };
}

double jedi_distance(const FeaturesRef& a, const FeaturesRef& b) {
  return jedi_statistic(a, b)(Eigen::VectorXd::Ones(a.rows()));
}

}  // namespace vidbench::stats
