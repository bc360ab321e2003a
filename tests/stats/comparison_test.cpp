#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "base/random.h"
#include "stats/paired.h"
#include "stats/ranking.h"

namespace vidbench::stats {
namespace {

std::vector<KeyedValue> keyed(const std::vector<double>& values, int first_key = 0) {
  std::vector<KeyedValue> result;
  for (size_t i = 0; i < values.size(); ++i) {
    result.push_back({"prompt-" + std::to_string(first_key + static_cast<int>(i)), values[i]});
  }
  return result;
}

TEST(Paired, ExactTestCountsSignPatterns) {
  // All five differences are positive: only the two patterns of equal signs are as extreme, p = 2/32.
  const auto result = compare_paired(keyed({2, 3, 4, 5, 6}), keyed({1, 1, 1, 1, 1}));
  EXPECT_TRUE(result.exact);
  EXPECT_DOUBLE_EQ(result.p_value, 2.0 / 32);
  EXPECT_DOUBLE_EQ(result.difference.value, 3);
  EXPECT_GT(result.difference.low, 0);
  EXPECT_EQ(result.difference.n, 5u);
}

// Origin: by hand. |±1 ±2 ±3| >= |1 - 2 + 3| = 2 holds for ±6, ±4, ±2 (3-1 and 1-2+3 patterns): 6 of 8.
TEST(Paired, ExactTestOfMixedSigns) {
  const auto result = compare_paired(keyed({1, 0, 3}), keyed({0, 2, 0}));
  EXPECT_DOUBLE_EQ(result.p_value, 6.0 / 8);
}

TEST(Paired, SampledTestFindsARealDifferenceAndIsCalmWithoutOne) {
  Random random(5);
  std::vector<double> base(60);
  std::vector<double> shifted(60);
  std::vector<double> same(60);
  for (size_t i = 0; i < base.size(); ++i) {
    base[i] = 10 * random.normal();  // prompts differ far more than models do
    shifted[i] = base[i] + 0.5 + 0.3 * random.normal();
    same[i] = base[i] + 0.3 * random.normal();
  }
  const auto real = compare_paired(keyed(shifted), keyed(base));
  EXPECT_FALSE(real.exact);
  EXPECT_NEAR(real.p_value, 1.0 / 10001, 1e-12);
  EXPECT_GT(real.difference.low, 0.3);
  EXPECT_GT(compare_paired(keyed(same), keyed(base)).p_value, 0.01);
}

TEST(Paired, MatchesByKeyAndCountsTheRest) {
  const auto result = compare_paired(keyed({1, 2, 3}, 0), keyed({1, 2, 3, 4}, 1));
  EXPECT_EQ(result.difference.n, 2u);
  EXPECT_DOUBLE_EQ(result.difference.value, 1);
  EXPECT_EQ(result.unmatched_a, 1u);
  EXPECT_EQ(result.unmatched_b, 2u);
  EXPECT_THROW((void)compare_paired(keyed({1}, 0), keyed({1}, 5)), Error);
  const std::vector<KeyedValue> twice = {{"a", 1}, {"a", 2}};
  EXPECT_THROW((void)compare_paired(twice, keyed({1})), Error);
}

TEST(Paired, EqualModelsHaveNoDifference) {
  const auto result = compare_paired(keyed({1, 2, 3}), keyed({1, 2, 3}));
  EXPECT_DOUBLE_EQ(result.p_value, 1);
  EXPECT_DOUBLE_EQ(result.difference.value, 0);
}

// Origin: by hand, sorted 0.005*4, 0.01*3, 0.03*2, max(0.06, 0.04*1).
TEST(Holm, AdjustsStepDown) {
  const std::vector<double> p = {0.01, 0.04, 0.03, 0.005};
  const std::vector<double> adjusted = holm_adjust(p);
  EXPECT_NEAR(adjusted[0], 0.03, 1e-15);
  EXPECT_NEAR(adjusted[1], 0.06, 1e-15);
  EXPECT_NEAR(adjusted[2], 0.06, 1e-15);
  EXPECT_NEAR(adjusted[3], 0.02, 1e-15);
  EXPECT_DOUBLE_EQ(holm_adjust(std::vector<double>{0.9, 0.8})[0], 1);
  EXPECT_THROW((void)holm_adjust(std::vector<double>{1.2}), Error);
}

TEST(Pareto, KeepsTradeOffsAndTies) {
  const std::vector<Better> better = {Better::kHigher, Better::kLower};  // quality, latency
  const std::vector<std::vector<double>> points = {{0.9, 10}, {0.5, 2}, {0.5, 3},
                                                   {0.9, 10}, {0.4, 2}, {0.7, 5}};
  EXPECT_EQ(pareto_front(points, better), (std::vector<bool>{true, true, false, true, false, true}));
  EXPECT_TRUE(pareto_front({}, better).empty());
  const std::vector<std::vector<double>> short_point = {{1}};
  EXPECT_THROW((void)pareto_front(short_point, better), Error);
  const std::vector<std::vector<double>> broken = {{1, std::nan("")}};
  EXPECT_THROW((void)pareto_front(broken, better), Error);
}

TEST(Ranks, EqualValuesShareTheBestRank) {
  const std::vector<double> values = {3, 5, 5, 1};
  EXPECT_EQ(ranks(values, Better::kHigher), (std::vector<size_t>{3, 1, 1, 4}));
  EXPECT_EQ(ranks(values, Better::kLower), (std::vector<size_t>{2, 3, 3, 1}));
}

TEST(RankIntervals, ClearLeaderIsCertainAndCloseEntriesAreNot) {
  Random random(2);
  const std::vector<double> values = {10, 5.01, 5};
  std::vector<std::vector<double>> replicates(3, std::vector<double>(500));
  for (size_t i = 0; i < 3; ++i) {
    for (double& replicate : replicates[i]) replicate = values[i] + 0.5 * random.normal();
  }
  const auto intervals = rank_intervals(values, replicates, Better::kHigher);
  EXPECT_EQ(intervals[0].rank_low, 1u);
  EXPECT_EQ(intervals[0].rank_high, 1u);
  EXPECT_EQ(intervals[1].rank, 2u);
  EXPECT_EQ(intervals[1].rank_low, 2u);
  EXPECT_EQ(intervals[1].rank_high, 3u);
  EXPECT_EQ(intervals[2].rank_low, 2u);
  replicates[1].pop_back();
  EXPECT_THROW((void)rank_intervals(values, replicates, Better::kHigher), Error);
}

}  // namespace
}  // namespace vidbench::stats
