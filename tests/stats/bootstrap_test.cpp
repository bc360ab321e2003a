#include "stats/bootstrap.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/error.h"
#include "base/random.h"

namespace vidbench::stats {
namespace {

const std::vector<double> kValues = {3.5, 1.25, 9, -2, 7.75, 4, 4, 0.5};

// Origin: numpy 2.4.6, np.quantile(values, q) with its default method "linear".
TEST(Quantile, EqualsNumpy) {
  EXPECT_NEAR(quantile(kValues, 0.1), -0.25, 1e-12);
  EXPECT_NEAR(quantile(kValues, 0.25), 1.0625, 1e-12);
  EXPECT_NEAR(quantile(kValues, 0.9), 8.125, 1e-12);
  EXPECT_NEAR(quantile(kValues, 0.975), 8.78125, 1e-12);
  EXPECT_DOUBLE_EQ(median(kValues), 3.75);
  EXPECT_DOUBLE_EQ(mean(kValues), 3.5);
  EXPECT_DOUBLE_EQ(quantile(kValues, 0), -2);
  EXPECT_DOUBLE_EQ(quantile(kValues, 1), 9);
}

TEST(Quantile, RefusesWhatHasNoAnswer) {
  EXPECT_THROW((void)mean({}), Error);
  EXPECT_THROW((void)quantile(kValues, 1.5), Error);
  EXPECT_THROW((void)quantile(kValues, std::nan("")), Error);
  const std::vector<double> broken = {1, std::numeric_limits<double>::infinity()};
  EXPECT_THROW((void)median(broken), Error);
}

TEST(Bootstrap, SameSeedSameInterval) {
  const Interval a = bootstrap_mean(kValues, {.seed = 7});
  const Interval b = bootstrap_mean(kValues, {.seed = 7});
  const Interval c = bootstrap_mean(kValues, {.seed = 8});
  EXPECT_EQ(a.low, b.low);
  EXPECT_EQ(a.high, b.high);
  EXPECT_TRUE(a.low != c.low || a.high != c.high);
  EXPECT_EQ(a.n, kValues.size());
  EXPECT_LT(a.low, a.value);
  EXPECT_GT(a.high, a.value);
}

// The bootstrap of the mean of n normal values has standard error sigma/sqrt(n): half-width about 1.96 of it.
TEST(Bootstrap, MeanIntervalHasTheWidthOfTheory) {
  Random random(1);
  std::vector<double> values(400);
  for (double& value : values) value = 5 + 2 * random.normal();
  const Interval interval = bootstrap_mean(values);
  EXPECT_NEAR((interval.high - interval.low) / 2, 1.96 * 2 / 20, 0.02);
}

// 95 % intervals must hold the true mean in about 95 of 100 repetitions.
TEST(Bootstrap, CoverageIsNearItsName) {
  int covered = 0;
  for (uint64_t trial = 0; trial < 300; ++trial) {
    Random random(trial);
    std::vector<double> values(40);
    for (double& value : values) value = random.normal();
    const Interval interval = bootstrap_mean(values, {.replicates = 400, .seed = trial});
    covered += interval.low <= 0 && interval.high >= 0;
  }
  EXPECT_GE(covered, 270);
  EXPECT_LE(covered, 298);
}

TEST(Bootstrap, OneValueHasNoSpread) {
  const std::vector<double> one = {4};
  const Interval interval = bootstrap_median(one);
  EXPECT_EQ(interval.low, 4);
  EXPECT_EQ(interval.high, 4);
  EXPECT_EQ(interval.n, 1u);
}

TEST(Bootstrap, QuantileIntervalHoldsOnlyObservedRange) {
  const Interval interval = bootstrap_quantile(kValues, 0.9);
  EXPECT_GE(interval.low, -2);
  EXPECT_LE(interval.high, 9);
  EXPECT_LT(interval.low, interval.high);
}

TEST(Bootstrap, CentredIntervalHasTheEstimateInside) {
  const std::vector<double> replicates = {10, 11, 12, 13, 14};
  const Interval interval = centred_interval(2, replicates, 5, 0.5);
  EXPECT_DOUBLE_EQ(interval.low, 1);
  EXPECT_DOUBLE_EQ(interval.high, 3);
}

TEST(Bootstrap, RefusesImpossibleOptions) {
  EXPECT_THROW((void)bootstrap_mean(kValues, {.replicates = 1}), Error);
  EXPECT_THROW((void)bootstrap_mean(kValues, {.confidence = 1}), Error);
  EXPECT_THROW((void)bootstrap(0, [](auto) { return 0.0; }), Error);
}

}  // namespace
}  // namespace vidbench::stats
