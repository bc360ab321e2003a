#include "stats/bootstrap.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.h"
#include "base/random.h"

namespace vidbench::stats {
namespace {

void require_finite(std::span<const double> values) {
  if (values.empty()) throw_input("statistics of an empty list of values", "at least one value is needed");
  for (size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i])) throw_input(fmt::format("value {} of {} is not finite", i, values.size()));
  }
}

// Reorders `values` (scratch of the caller) instead of sorting a copy: the bootstrap calls this in a loop.
double quantile_in_place(std::vector<double>& values, double q) {
  const double position = q * static_cast<double>(values.size() - 1);
  const auto below = static_cast<size_t>(position);
  const auto nth = values.begin() + static_cast<std::ptrdiff_t>(below);
  std::nth_element(values.begin(), nth, values.end());
  const double fraction = position - static_cast<double>(below);
  if (fraction == 0) return *nth;
  const double next = *std::min_element(nth + 1, values.end());
  return *nth + fraction * (next - *nth);
}

void require_probability(double q) {
  if (!(q >= 0 && q <= 1)) throw_input(fmt::format("quantile {} is outside [0, 1]", q));
}

void require_options(size_t n, const BootstrapOptions& options) {
  if (n == 0) throw_input("bootstrap of an empty sample", "at least one observation is needed");
  if (options.replicates < 2) {
    throw_input(fmt::format("bootstrap with {} replicates", options.replicates), "ask for at least 2");
  }
  if (!(options.confidence > 0 && options.confidence < 1)) {
    throw_input(fmt::format("confidence {} is outside (0, 1)", options.confidence), "e.g. 0.95");
  }
}

}  // namespace

double mean(std::span<const double> values) {
  require_finite(values);
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double quantile(std::span<const double> values, double q) {
  require_finite(values);
  require_probability(q);
  std::vector<double> scratch(values.begin(), values.end());
  return quantile_in_place(scratch, q);
}

double median(std::span<const double> values) { return quantile(values, 0.5); }

std::vector<double> bootstrap_replicates(size_t n, const IndexStatistic& statistic,
                                         const BootstrapOptions& options) {
  require_options(n, options);
  Random random(options.seed);
  std::vector<size_t> indices(n);
  std::vector<double> replicates(options.replicates);
  for (double& replicate : replicates) {
    for (size_t& index : indices) index = random.below(n);
    replicate = statistic(indices);
  }
  return replicates;
}

Interval bootstrap(size_t n, const IndexStatistic& statistic, const BootstrapOptions& options) {
  require_options(n, options);
  std::vector<size_t> all(n);
  std::iota(all.begin(), all.end(), size_t{0});
  const double value = statistic(all);
  if (n == 1) return {value, value, value, 1};
  const std::vector<double> replicates = bootstrap_replicates(n, statistic, options);
  const double tail = (1 - options.confidence) / 2;
  return {value, quantile(replicates, tail), quantile(replicates, 1 - tail), n};
}

Interval centred_interval(double value, std::span<const double> replicates, size_t n, double confidence) {
  const double tail = (1 - confidence) / 2;
  const double shift = value - median(replicates);
  return {value, quantile(replicates, tail) + shift, quantile(replicates, 1 - tail) + shift, n};
}

Interval bootstrap_mean(std::span<const double> values, const BootstrapOptions& options) {
  require_finite(values);
  const auto statistic = [&](std::span<const size_t> indices) {
    double sum = 0;
    for (const size_t i : indices) sum += values[i];
    return sum / static_cast<double>(indices.size());
  };
  return bootstrap(values.size(), statistic, options);
}

Interval bootstrap_quantile(std::span<const double> values, double q, const BootstrapOptions& options) {
  require_finite(values);
  require_probability(q);
  std::vector<double> scratch;
  const auto statistic = [&](std::span<const size_t> indices) {
    scratch.clear();
    for (const size_t i : indices) scratch.push_back(values[i]);
    return quantile_in_place(scratch, q);
  };
  return bootstrap(values.size(), statistic, options);
}

Interval bootstrap_median(std::span<const double> values, const BootstrapOptions& options) {
  return bootstrap_quantile(values, 0.5, options);
}

}  // namespace vidbench::stats
