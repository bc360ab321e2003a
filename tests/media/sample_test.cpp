#include "media/sample.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace vidbench::media {
namespace {

using Kind = SamplePolicy::Kind;
using Indices = std::vector<size_t>;

TEST(Sample, FirstAndStride) {
  EXPECT_EQ(sample_indices(5, {}), (Indices{0, 1, 2, 3, 4}));
  EXPECT_EQ(sample_indices(5, {Kind::kFirst, 3}), (Indices{0, 1, 2}));
  EXPECT_EQ(sample_indices(2, {Kind::kFirst, 3}), (Indices{0, 1}));
  EXPECT_EQ(sample_indices(10, {Kind::kStride, 0, 4}), (Indices{0, 4, 8}));
  EXPECT_EQ(sample_indices(10, {Kind::kStride, 2, 4}), (Indices{0, 4}));
}

TEST(Sample, UniformHoldsBothEnds) {
  EXPECT_EQ(sample_indices(10, {Kind::kUniform, 4}), (Indices{0, 3, 6, 9}));
  EXPECT_EQ(sample_indices(11, {Kind::kUniform, 3}), (Indices{0, 5, 10}));
  EXPECT_EQ(sample_indices(10, {Kind::kUniform, 1}), (Indices{4}));
  EXPECT_EQ(sample_indices(3, {Kind::kUniform, 8}), (Indices{0, 1, 2}));
}

// Origin: decord-style "middle" sampling as VBench calls it, measured for lengths that published models
// produce.
TEST(Sample, MiddleEqualsTheReference) {
  EXPECT_EQ(sample_indices(120, {Kind::kMiddle, 16}),
            (Indices{3, 10, 18, 25, 33, 40, 48, 55, 63, 70, 78, 85, 93, 100, 108, 115}));
  EXPECT_EQ(sample_indices(120, {Kind::kMiddle, 8}), (Indices{7, 22, 37, 52, 67, 82, 97, 112}));
  EXPECT_EQ(sample_indices(81, {Kind::kMiddle, 16}),
            (Indices{2, 7, 12, 17, 22, 27, 32, 37, 42, 47, 52, 57, 62, 67, 72, 77}));
  EXPECT_EQ(sample_indices(81, {Kind::kMiddle, 8}), (Indices{4, 14, 24, 34, 44, 54, 64, 75}));
  EXPECT_EQ(sample_indices(49, {Kind::kMiddle, 16}),
            (Indices{1, 4, 7, 10, 13, 16, 19, 22, 25, 28, 31, 34, 37, 40, 43, 46}));
  EXPECT_EQ(sample_indices(5, {Kind::kMiddle, 8}), (Indices{0, 1, 2, 3, 4, 4, 4, 4}));
}

TEST(Sample, RefusesWhatHasNoAnswer) {
  EXPECT_THROW((void)sample_indices(0, {}), Error);
  EXPECT_THROW((void)sample_indices(5, {Kind::kFirst, 0}), Error);
  EXPECT_THROW((void)sample_indices(5, {Kind::kUniform, 0}), Error);
  EXPECT_THROW((void)sample_indices(5, {Kind::kStride, 0, 0}), Error);
}

TEST(Sample, IndicesAreInRangeAndNotDescending) {
  for (size_t total = 1; total < 40; ++total) {
    for (size_t count = 1; count < 20; ++count) {
      for (const Kind kind : {Kind::kFirst, Kind::kUniform, Kind::kMiddle, Kind::kStride}) {
        const Indices indices = sample_indices(total, {kind, count, 3});
        ASSERT_FALSE(indices.empty());
        EXPECT_TRUE(std::is_sorted(indices.begin(), indices.end()));
        EXPECT_LT(indices.back(), total);
        EXPECT_LE(indices.size(), count);
      }
    }
  }
}

}  // namespace
}  // namespace vidbench::media
