// Means, quantiles and seeded percentile-bootstrap intervals.
// Everything is deterministic: the same values and the same seed give the same interval on every machine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace vidbench::stats {

// A number with its uncertainty: `value` is the estimate on the data itself, [low, high] its interval, `n`
// the count of observations behind it. With n == 1 the interval is [value, value]: one sample tells no
// spread.
struct Interval {
  double value = 0;
  double low = 0;
  double high = 0;
  size_t n = 0;
};

struct BootstrapOptions {
  size_t replicates = 2000;
  double confidence = 0.95;
  uint64_t seed = 0;
};

// All throw Error(kInput) for an empty input or a value that is not finite.
[[nodiscard]] double mean(std::span<const double> values);
[[nodiscard]] double median(std::span<const double> values);
// Linear interpolation between order statistics (type 7 of Hyndman & Fan 1996, numpy's default); q in [0, 1].
[[nodiscard]] double quantile(std::span<const double> values, double q);

// A statistic of the observations at `indices` (each in [0, n), repetitions allowed).
using IndexStatistic = std::function<double(std::span<const size_t> indices)>;

// The statistic on `replicates` resamples of size n drawn with replacement (Efron 1979). The resamples depend
// on (n, seed) only, so that the replicates of two statistics on the same samples are paired.
[[nodiscard]] std::vector<double> bootstrap_replicates(size_t n, const IndexStatistic& statistic,
                                                       const BootstrapOptions& options = {});

// Percentile interval of the replicates. Throws Error(kInput) when n is 0, replicates < 2 or confidence is
// outside (0, 1).
[[nodiscard]] Interval bootstrap(size_t n, const IndexStatistic& statistic,
                                 const BootstrapOptions& options = {});

// The percentile interval moved so that the replicates' median is the estimate. Statistics of whole sets
// (Fréchet, kernel distance, Inception Score) change systematically when rows repeat, so that their plain
// percentile interval can lie beside the estimate; the spread is what the resamples do tell.
[[nodiscard]] Interval centred_interval(double value, std::span<const double> replicates, size_t n,
                                        double confidence);

[[nodiscard]] Interval bootstrap_mean(std::span<const double> values, const BootstrapOptions& options = {});
[[nodiscard]] Interval bootstrap_median(std::span<const double> values, const BootstrapOptions& options = {});
[[nodiscard]] Interval bootstrap_quantile(std::span<const double> values, double q,
                                          const BootstrapOptions& options = {});

}  // namespace vidbench::stats
