// Metrics of paired videos: values worked out by hand, and the videos that they refuse.
#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "metrics/builtin.h"
#include "metrics/similarity.h"
#include "synthetic.h"

namespace vidbench::metrics {
namespace {
using namespace testing_support;

media::Video grey(size_t frames, size_t side, int level) {
  return make_video(frames, side, side, [=](size_t, size_t, size_t, size_t) { return level; });
}

media::Video noise(size_t frames, size_t height, size_t width, uint64_t seed, int low, uint64_t levels) {
  Random random(seed);
  return make_video(frames, height, width, [&](size_t, size_t, size_t, size_t) {
    return low + static_cast<int>(random.below(levels));
  });
}

std::string refusal(const Metric& metric, const media::Video& video, const media::Video& other) {
  try {
    (void)value_of_pair(metric, video, other);
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::kInput);
    return e.what();
  }
  return "no error";
}

TEST(PairedPsnr, IsTheMeanOfTheFrames) {
  // Frames that differ by 0, 1, 255: at most 100 dB; 20 log10(255); 0.
  const auto video = make_video(3, 4, 4, [](size_t, size_t, size_t, size_t) { return 0; });
  const auto other = make_video(
      3, 4, 4, [](size_t t, size_t, size_t, size_t) { return t == 2 ? 255 : static_cast<int>(t); });
  EXPECT_NEAR(value_of_pair(paired_psnr(), video, other), (100 + 20 * std::log10(255.0) + 0) / 3, 1e-12);
}

TEST(PairedPsnr, SumsLargeErrorsExactly) {
  // More values than fit one block of 32 bits, all as wrong as can be.
  EXPECT_EQ(mean_squared_error(grey(1, 400, 0).pixels, grey(1, 400, 255).pixels), 255.0 * 255.0);
}

TEST(PairedSsim, OfPlainPicturesIsTheLuminanceTerm) {
  const double c1 = 2.55 * 2.55;
  const double expected = (2 * 100.0 * 150.0 + c1) / (100.0 * 100.0 + 150.0 * 150.0 + c1);
  EXPECT_NEAR(value_of_pair(paired_ssim(), grey(2, 20, 100), grey(2, 20, 150)), expected, 1e-9);
  // Contrast is 1 at every scale, and luminance counts at the last alone.
  EXPECT_NEAR(value_of_pair(paired_ms_ssim(), grey(1, 180, 100), grey(1, 180, 150)),
              std::pow(expected, 0.1333), 1e-9);
}

TEST(PairedSsim, FallsFromOneAndIsSymmetric) {
  const auto video = noise(1, 176, 190, 1, 60, 120);
  EXPECT_EQ(value_of_pair(paired_ssim(), video, video), 1);
  EXPECT_EQ(value_of_pair(paired_ms_ssim(), video, video), 1);
  for (const Metric& metric : {paired_ssim(), paired_ms_ssim(), paired_psnr()}) {
    double last = value_of_pair(metric, video, video);
    for (const uint64_t levels : {4, 16, 64}) {
      auto other = video;
      Random random(2);
      for (uint8_t& value : other.pixels) value = static_cast<uint8_t>(value + random.below(levels));
      const double now = value_of_pair(metric, video, other);
      EXPECT_LT(now, last) << metric.info.id << " at " << levels;
      EXPECT_DOUBLE_EQ(now, value_of_pair(metric, other, video)) << metric.info.id;
      last = now;
    }
  }
}

TEST(Similarity, OfTheSmallestPictureIsOnePlace) {
  const auto a = noise(1, 11, 11, 3, 0, 256), b = noise(1, 11, 11, 4, 0, 256);
  const Similarity found = similarity(plane(a.pixels, 11, 11), plane(b.pixels, 11, 11), Border::kInside);
  // The same by its definition, channel by channel.
  double weights[11], sum = 0, expected = 0;
  for (int i = 0; i < 11; ++i) sum += weights[i] = std::exp(-(i - 5) * (i - 5) / 4.5);
  for (size_t c = 0; c < 3; ++c) {
    double ma = 0, mb = 0, aa = 0, bb = 0, ab = 0;
    for (size_t i = 0; i < 121; ++i) {
      const double w = weights[i / 11] * weights[i % 11] / (sum * sum);
      const double x = a.pixels[3 * i + c], y = b.pixels[3 * i + c];
      ma += w * x, mb += w * y, aa += w * x * x, bb += w * y * y, ab += w * x * y;
    }
    const double c1 = 2.55 * 2.55, c2 = 7.65 * 7.65;
    expected += (2 * ma * mb + c1) / (ma * ma + mb * mb + c1) * (2 * (ab - ma * mb) + c2) /
                (aa - ma * ma + bb - mb * mb + c2) / 3;
  }
  EXPECT_NEAR(found.ssim, expected, 1e-10);
}

TEST(PairedMetrics, RefuseWhatTheyCannotCompare) {
  EXPECT_EQ(refusal(paired_psnr(), grey(2, 16, 0), grey(3, 16, 0)),
            "the video has 2 frames of 16x16, the paired one 3 of 16x16; they must be alike");
  EXPECT_NE(refusal(paired_ssim(), grey(2, 16, 0), grey(2, 17, 0)), "no error");
  EXPECT_EQ(refusal(paired_ssim(), grey(1, 10, 0), grey(1, 10, 0)),
            "needs frames of at least 11x11, the video has 10x10");
  EXPECT_EQ(refusal(paired_ms_ssim(), grey(1, 175, 0), grey(1, 175, 0)),
            "needs frames of at least 176x176, the video has 175x175");
}

}  // namespace
}  // namespace vidbench::metrics
