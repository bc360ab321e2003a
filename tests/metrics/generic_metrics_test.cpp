// Golden values of the metrics without networks, worked out by hand.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "base/error.h"
#include "media/reader.h"
#include "metrics/builtin.h"
#include "metrics/picture.h"
#include "synthetic.h"

namespace vidbench::metrics {
namespace {
using namespace testing_support;

const media::Video kStatic =
    make_video(4, 8, 8, [](size_t, size_t y, size_t x, size_t) { return (3 * y + x) % 2 ? 200 : 40; });
const media::Video kBlackWhite =
    make_video(4, 8, 8, [](size_t t, size_t, size_t, size_t) { return t % 2 ? 255 : 0; });

media::Video white_noise() {
  Random random(7);
  return make_video(5, 64, 64,
                    [&](size_t, size_t, size_t, size_t) { return static_cast<int>(random.below(256)); });
}

TEST(Flicker, IsOneForStaticAndZeroForBlackAndWhiteInTurn) {
  EXPECT_DOUBLE_EQ(value_of(flicker(), kStatic), 1.0);
  EXPECT_DOUBLE_EQ(value_of(flicker(), kBlackWhite), 0.0);
}

TEST(Flicker, UnderVBenchsNameIsTheSameNumber) {
  const media::Video moving = moving_square(4, 16, 4, 2);
  EXPECT_EQ(temporal_flickering().info.id, "vbench/temporal-flickering");
  EXPECT_EQ(value_of(temporal_flickering(), moving), value_of(flicker(), moving));
}

// Origin: OpenCV 4.12 and NumPy on x86-64, means in double precision; 5e-5 is the spread between decoders.
TEST(Flicker, OfAClipThatVBenchWasRunOn) {
  const auto path = std::filesystem::path(VIDBENCH_SOURCE_DIR) / "../shared/reference/golden/ltx2.mp4";
  if (!std::filesystem::exists(path))
    GTEST_SKIP() << "the golden clip, which is not ours to ship, is not at " << path;
  EXPECT_NEAR(value_of(temporal_flickering(), media::read_video(path)), 0.9794322206792471, 5e-5);
}

TEST(Flicker, OfAMovingSquareIsTheAreaItChanges) {
  // 4 rows x (2 left + 2 entered) columns of 16x16 change by 255 between frames.
  EXPECT_NEAR(value_of(flicker(), moving_square(4, 16, 4, 2)), 1 - 16.0 / 256, 1e-12);
}

TEST(Flicker, OfWhiteNoiseIsTheMeanDifferenceOfTwoUniformBytes) {
  // E|a - b| of two uniform values in 0..255 is (256² - 1) / (3 · 256) = 85.332; 49,152 draws: sd 0.0011.
  EXPECT_NEAR(value_of(flicker(), white_noise()), 1 - 85.332 / 255, 0.005);
}

TEST(ShapesFlicker, CountsTurningRoundOnly) {
  EXPECT_DOUBLE_EQ(value_of(shapes_flicker(), kStatic), 1.0);
  EXPECT_DOUBLE_EQ(value_of(shapes_flicker(), kBlackWhite), 0.0);
  // Steady brightening goes one way.
  EXPECT_DOUBLE_EQ(
      value_of(
          shapes_flicker(),
          make_video(8, 4, 4, [](size_t t, size_t, size_t, size_t) { return static_cast<int>(30 * t); })),
      1.0);
  // 0, 100, 40: goes up by 100 and back by 60 in one triple of one.
  const auto bump = make_video(3, 2, 2, [](size_t t, size_t, size_t, size_t) {
    return t == 0 ? 0 : t == 1 ? 100 : 40;
  });
  EXPECT_NEAR(value_of(shapes_flicker(), bump), 1 - 60.0 / 255, 1e-12);
}

TEST(ShapesFlicker, DoesNotTakeAWideMovingSquareForFlicker) {
  EXPECT_DOUBLE_EQ(value_of(shapes_flicker(), moving_square(4, 16, 4, 2)), 1.0);
  EXPECT_LT(value_of(flicker(), moving_square(4, 16, 4, 2)), 0.95) << "VBench's definition does";
}

TEST(MotionAmount, IgnoresBrightnessAndSeesMotion) {
  EXPECT_DOUBLE_EQ(value_of(motion_amount(), kStatic), 0.0);
  EXPECT_DOUBLE_EQ(value_of(motion_amount(), kBlackWhite), 0.0) << "the whole picture changes alike";
  // 16 of 256 pixels change by 255; the largest 5 % are 12 pixels.
  EXPECT_NEAR(value_of(motion_amount(), moving_square(4, 16, 4, 2)), 1.0, 1e-6);
  // 4 of 256 pixels change: 4 of the 12.
  EXPECT_NEAR(value_of(motion_amount(), moving_square(4, 16, 2, 1)), 4.0 / 12, 1e-6);
}

TEST(ShapesMotionAmount, IsTheShareOfMovingPairs) {
  EXPECT_DOUBLE_EQ(value_of(shapes_motion_amount(), kStatic), 0.0);
  EXPECT_DOUBLE_EQ(value_of(shapes_motion_amount(), moving_square(5, 16, 4, 2)), 1.0);
  auto half = moving_square(5, 16, 4, 2);
  std::copy_n(half.pixels.begin() + static_cast<std::ptrdiff_t>(2 * half.frame_bytes()), half.frame_bytes(),
              half.pixels.begin() + static_cast<std::ptrdiff_t>(3 * half.frame_bytes()));
  std::copy_n(half.pixels.begin() + static_cast<std::ptrdiff_t>(2 * half.frame_bytes()), half.frame_bytes(),
              half.pixels.begin() + static_cast<std::ptrdiff_t>(4 * half.frame_bytes()));
  EXPECT_DOUBLE_EQ(value_of(shapes_motion_amount(), half), 0.5);
}

TEST(Sharpness, OfPlainIsZeroAndOfAKnownPatternByHand) {
  const auto plain = make_video(2, 8, 8, [](size_t, size_t, size_t, size_t) { return 90; });
  EXPECT_NEAR(value_of(sharpness(), plain), 0, 1e-6);
  // A chessboard of 0 and 100: every inner Laplacian is ±400, equally often.
  const auto chess =
      make_video(1, 10, 10, [](size_t, size_t y, size_t x, size_t) { return (y + x) % 2 ? 100 : 0; });
  EXPECT_NEAR(value_of(sharpness(), chess), 160000, 0.5);
}

TEST(Sharpness, OfWhiteNoiseIsTwentyVariances) {
  // Laplacian of independent luma of variance v: (4·1 + 16) v; v = (256² - 1) / 12 · (0.299² + 0.587² +
  // 0.114²).
  const double v = 65535.0 / 12 * (0.299 * 0.299 + 0.587 * 0.587 + 0.114 * 0.114);
  EXPECT_NEAR(value_of(sharpness(), white_noise()) / (20 * v), 1, 0.03);
}

TEST(Exposure, CountsPixelsThatAreNeitherBlackNorWhite) {
  const auto quarters = make_video(2, 2, 2, [](size_t, size_t y, size_t x, size_t) {
    const int values[] = {0, 255, 128, 16};
    return values[2 * y + x];
  });
  EXPECT_DOUBLE_EQ(value_of(exposure(), quarters), 0.5);
}

TEST(GenericMetrics, RefuseVideosTheyCannotJudge) {
  const auto one_frame = make_video(1, 8, 8, [](size_t, size_t, size_t, size_t) { return 1; });
  const auto two_frames = make_video(2, 2, 2, [](size_t, size_t, size_t, size_t) { return 1; });
  EXPECT_THROW(value_of(flicker(), one_frame), Error);
  EXPECT_THROW(value_of(motion_amount(), one_frame), Error);
  EXPECT_THROW(value_of(shapes_motion_amount(), one_frame), Error);
  EXPECT_THROW(value_of(shapes_flicker(), two_frames), Error);
  EXPECT_THROW(value_of(sharpness(), two_frames), Error);
}

TEST(Picture, LumaMedianAndLargest) {
  const std::vector<uint8_t> rgb = {100, 0, 0, 0, 100, 0, 0, 0, 100};
  const auto y = luma(rgb);
  ASSERT_EQ(y.size(), 3u);
  EXPECT_NEAR(y[0], 29.9, 1e-4);
  EXPECT_NEAR(y[1], 58.7, 1e-4);
  EXPECT_NEAR(y[2], 11.4, 1e-4);
  std::vector<float> values = {5, 1, 4, 2};
  EXPECT_EQ(median(values), 2);
  EXPECT_DOUBLE_EQ(mean_of_largest(values, 0.5), 4.5);
  EXPECT_DOUBLE_EQ(mean_of_largest(values, 0.01), 5);
}

}  // namespace
}  // namespace vidbench::metrics
