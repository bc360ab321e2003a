#include "stats/rank_correlation.h"

#include <gtest/gtest.h>

#include <vector>

namespace vidbench::stats {
namespace {

double of(std::vector<double> values) { return rank_correlation(values); }

TEST(RankCorrelation, TellsHowWellValuesRise) {
  EXPECT_DOUBLE_EQ(of({1, 2, 30, 31}), 1);
  EXPECT_DOUBLE_EQ(of({4, 3, 2, -1}), -1);
  EXPECT_DOUBLE_EQ(of({1, 3, 2, 4}), 0.8);                   // 1 - 6 · 2 / (4 · 15)
  EXPECT_NEAR(of({1, 2, 2, 3}), 0.9486832980505138, 1e-12);  // scipy.stats.spearmanr
}

TEST(RankCorrelation, IsZeroWhereNothingChanges) {
  EXPECT_EQ(of({}), 0);
  EXPECT_EQ(of({5}), 0);
  EXPECT_EQ(of({5, 5, 5, 5}), 0);
}

}  // namespace
}  // namespace vidbench::stats
