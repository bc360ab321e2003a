#include "stats/ranking.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "stats/bootstrap.h"

namespace vidbench::stats {
namespace {

bool is_better(double x, double y, Better better) { return better == Better::kHigher ? x > y : x < y; }

bool dominates(const std::vector<double>& x, const std::vector<double>& y, std::span<const Better> better) {
  bool strictly = false;
  for (size_t axis = 0; axis < better.size(); ++axis) {
    if (is_better(y[axis], x[axis], better[axis])) return false;
    strictly = strictly || is_better(x[axis], y[axis], better[axis]);
  }
  return strictly;
}

void require_points(std::span<const std::vector<double>> points, size_t axes) {
  for (size_t i = 0; i < points.size(); ++i) {
    if (points[i].size() != axes) {
      throw_input(fmt::format("point {} has {} values for {} axes", i, points[i].size(), axes));
    }
    for (const double value : points[i]) {
      if (!std::isfinite(value)) throw_input(fmt::format("point {} has a value that is not finite", i));
    }
  }
}

}  // namespace

std::vector<bool> pareto_front(std::span<const std::vector<double>> points, std::span<const Better> better) {
  require_points(points, better.size());
  std::vector<bool> front(points.size());
  for (size_t i = 0; i < points.size(); ++i) {
    front[i] = std::none_of(points.begin(), points.end(),
                            [&](const auto& other) { return dominates(other, points[i], better); });
  }
  return front;
}

std::vector<size_t> ranks(std::span<const double> values, Better better) {
  std::vector<size_t> result(values.size(), 1);
  for (size_t i = 0; i < values.size(); ++i) {
    if (std::isnan(values[i])) throw_input(fmt::format("entry {} has no number to be ranked by", i));
    for (const double other : values) result[i] += is_better(other, values[i], better);
  }
  return result;
}

std::vector<RankInterval> rank_intervals(std::span<const double> values,
                                         std::span<const std::vector<double>> replicates, Better better,
                                         double confidence) {
  if (replicates.size() != values.size()) {
    throw_input(fmt::format("{} entries with replicates of {}", values.size(), replicates.size()));
  }
  if (values.empty()) return {};
  const size_t rounds = replicates[0].size();
  for (const auto& entry : replicates) {
    if (entry.size() != rounds || rounds == 0) {
      throw_input(
          fmt::format("replicates of {} and {} rounds cannot be ranked together", rounds, entry.size()));
    }
  }
  std::vector<std::vector<double>> drawn(values.size(), std::vector<double>(rounds));
  std::vector<double> round_values(values.size());
  for (size_t round = 0; round < rounds; ++round) {
    for (size_t i = 0; i < values.size(); ++i) round_values[i] = replicates[i][round];
    const std::vector<size_t> round_ranks = ranks(round_values, better);
    for (size_t i = 0; i < values.size(); ++i) drawn[i][round] = static_cast<double>(round_ranks[i]);
  }
  const std::vector<size_t> point = ranks(values, better);
  std::vector<RankInterval> result(values.size());
  const double tail = (1 - confidence) / 2;
  for (size_t i = 0; i < values.size(); ++i) {
    const auto low = static_cast<size_t>(std::floor(quantile(drawn[i], tail)));
    const auto high = static_cast<size_t>(std::ceil(quantile(drawn[i], 1 - tail)));
    result[i] = {point[i], std::min(low, point[i]), std::max(high, point[i])};
  }
  return result;
}

}  // namespace vidbench::stats
