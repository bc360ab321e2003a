#include "base/random.h"

#include <gtest/gtest.h>

#include <array>

namespace vidbench {
namespace {

// The first outputs of SplitMix64 for seed 1234567, as listed with many public implementations.
TEST(Random, GoldenSequence) {
  Random random(1234567);
  for (const uint64_t expected : {6457827717110365317ULL, 3203168211198807973ULL, 9817491932198370423ULL,
                                  4593380528125082431ULL, 16408922859458223821ULL})
    EXPECT_EQ(random.next(), expected);
}

// Seeds 0 and 42 computed with an independent Python implementation of the algorithm.
TEST(Random, GoldenValuesOfOtherSeeds) {
  EXPECT_EQ(Random(0).next(), 0xe220a8397b1dcdafULL);
  EXPECT_EQ(Random(42).next(), 0xbdd732262feb6e95ULL);
  EXPECT_DOUBLE_EQ(Random(42).uniform(), 0.7415648787718233);
  EXPECT_NEAR(Random(42).normal(), 0.8822489062222688, 1e-12);
}

TEST(Random, RangesHold) {
  Random random(3);
  std::array<int, 6> faces{};
  for (int i = 0; i < 60000; ++i) {
    const double u = random.uniform();
    ASSERT_GE(u, 0.0);
    ASSERT_LT(u, 1.0);
    const double v = random.uniform(-2, 5);
    ASSERT_GE(v, -2.0);
    ASSERT_LT(v, 5.0);
    ++faces.at(random.below(6));
  }
  for (const int count : faces) EXPECT_NEAR(count, 10000, 400);  // over 4 standard deviations
}

TEST(Random, NormalHasTheMomentsOfANormal) {
  Random random(5);
  constexpr int kCount = 200000;
  double sum = 0, squares = 0, fourths = 0;
  for (int i = 0; i < kCount; ++i) {
    const double x = random.normal();
    ASSERT_TRUE(std::isfinite(x));
    sum += x;
    squares += x * x;
    fourths += x * x * x * x;
  }
  EXPECT_NEAR(sum / kCount, 0, 0.01);
  EXPECT_NEAR(squares / kCount, 1, 0.015);
  EXPECT_NEAR(fourths / kCount, 3, 0.1);
}

}  // namespace
}  // namespace vidbench
