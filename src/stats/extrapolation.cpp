#include "stats/extrapolation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/random.h"

namespace vidbench::stats {
namespace {

constexpr size_t kSmallest = 256;  // videos

// The weights of the values at `sizes` in the least-squares line's value at 1 / size = 0.
std::vector<double> intercept_shares(const std::vector<size_t>& sizes) {
  const auto count = static_cast<double>(sizes.size());
  double mean = 0, spread = 0;
  for (const size_t size : sizes) mean += 1 / static_cast<double>(size) / count;
  for (const size_t size : sizes) spread += std::pow(1 / static_cast<double>(size) - mean, 2);
  std::vector<double> shares;
  for (const size_t size : sizes)
    shares.push_back(1 / count - mean * (1 / static_cast<double>(size) - mean) / spread);
  return shares;
}

struct Subset {
  double share = 0;
  std::vector<Eigen::Index> video;  // of each of its rows
  WeightedStatistic statistic;      // of its rows
};

}  // namespace

WeightedStatistic frechet_extrapolation(const FeaturesRef& generated, const Gaussian& reference,
                                        Covariance kind, std::span<const Eigen::Index> video) {
  const auto videos =
      video.empty() ? size_t{0} : static_cast<size_t>(*std::max_element(video.begin(), video.end())) + 1;
  if (videos < 4)
    throw_input(fmt::format("{} videos are too few for a line over the size of the set", videos),
                "4 are needed, and some hundred for a number that says much");
  const size_t smallest = std::min(kSmallest, videos / 2);
  std::vector<size_t> sizes;
  for (size_t k = 0; k < kExtrapolationSizes; ++k)
    sizes.push_back(smallest + (videos - smallest) * k / (kExtrapolationSizes - 1));
  const std::vector<double> shares = intercept_shares(sizes);
  std::vector<Subset> subsets;
  Random random(0);
  std::vector<size_t> order(videos);
  std::iota(order.begin(), order.end(), size_t{0});
  for (size_t k = 0; k < sizes.size(); ++k) {
    for (size_t i = videos - 1; i > 0; --i) std::swap(order[i], order[random.below(i + 1)]);
    std::vector<bool> taken(videos, false);
    for (size_t i = 0; i < sizes[k]; ++i) taken[order[i]] = true;
    Subset& subset = subsets.emplace_back();
    subset.share = shares[k];
    std::vector<Eigen::Index> rows;
    for (size_t row = 0; row < video.size(); ++row) {
      if (!taken[static_cast<size_t>(video[row])]) continue;
      rows.push_back(static_cast<Eigen::Index>(row));
      subset.video.push_back(video[row]);
    }
    subset.statistic = frechet_expansion(Features(generated(rows, Eigen::all)), reference, kind);
  }
  return [subsets = std::move(subsets)](const Eigen::VectorXd& weights) {
    double value = 0;
    for (const Subset& subset : subsets) value += subset.share * subset.statistic(weights(subset.video));
    return value;
  };
}

}  // namespace vidbench::stats
