// The decision of the static filter, worked out by hand after VBench's definition.
#include "metrics/static_filter.h"

#include <gtest/gtest.h>

#include <vector>

namespace vidbench::metrics {
namespace {

// `moving` pairs of `frames` - 1 that move by more than 3 pixels in 256; the ends at their limit of
// `allowed`.
bool decision(size_t frames, size_t moving, double allowed) {
  std::vector<double> neighbours(frames - 1, 3.0);
  for (size_t i = 0; i < moving; ++i) neighbours[neighbours.size() - 1 - i] = 3.01;
  return is_static(neighbours, {6 * allowed, 6 * allowed}, 256);
}

TEST(StaticFilter, LetsAnEighthOfTheFramesMoveRoundingHalvesToEven) {
  for (const auto& [frames, allowed] :
       {std::pair{4, 0}, {5, 1}, {8, 1}, {11, 1}, {12, 2}, {16, 2}, {20, 2}, {28, 4}, {120, 15}}) {
    EXPECT_TRUE(decision(frames, allowed, allowed)) << frames;
    EXPECT_FALSE(decision(frames, allowed + 1, allowed)) << frames;
  }
}

TEST(StaticFilter, LimitsTheWayFromEndToEnd) {
  const std::vector<double> still(15, 0.0);
  EXPECT_TRUE(is_static(still, {12, 12}, 256));
  EXPECT_FALSE(is_static(still, {12.01, 0}, 256));
  EXPECT_FALSE(is_static(still, {0, 12.01}, 256));
}

TEST(StaticFilter, ItsThresholdsGrowWithTheShorterSide) {
  std::vector<double> neighbours(15, 0.0);
  neighbours[0] = neighbours[1] = neighbours[2] = 2;
  EXPECT_TRUE(is_static(neighbours, {0, 0}, 256));
  EXPECT_FALSE(is_static(neighbours, {0, 0}, 128)) << "1.5 pixels";
  EXPECT_FALSE(is_static(std::vector<double>(15, 0.0), {12, 0}, 128)) << "6 pixels";
}

TEST(StaticFilter, OfUpToFourFramesTheEndsMustNotMoveAtAll) {
  EXPECT_TRUE(is_static(std::vector<double>(3, 0.0), {0, 0}, 256));
  EXPECT_FALSE(is_static(std::vector<double>(3, 0.0), {1e-6, 0}, 256));
}

}  // namespace
}  // namespace vidbench::metrics
