// Rising corruption of true videos moves each metric the documented way.
#include <gtest/gtest.h>

#include "base/error.h"
#include "ladder.h"
#include "metrics/builtin.h"
#include "metrics/shapes_reference.h"
#include "metrics/shapes_video.h"
#include "shapes/caption.h"

namespace vidbench::metrics {
namespace {
using namespace testing_support;

const std::vector<TrueVideo>& truth() {
  static const auto videos = true_videos(48, 5);
  return videos;
}

std::vector<double> means(const Metric& metric, const std::vector<Rung>& rungs) {
  std::vector<double> result;
  for (const Rung& rung : rungs) {
    double sum = 0;
    for (size_t i = 0; i < rung.videos.size(); ++i) sum += value_of(metric, rung.videos[i], rung.prompts[i]);
    result.push_back(sum / static_cast<double>(rung.videos.size()));
  }
  return result;
}

// `direction` +1: every rung is higher than the one before; -1: lower. `least` of the rank correlation.
void expect_order(const Metric& metric, const std::vector<Rung>& rungs, int direction, double least = 1) {
  const std::vector<double> values = means(metric, rungs);
  const std::string shown = metric.info.id + ": " + testing::PrintToString(values);
  EXPECT_GE(direction * rank_correlation(values), least - 1e-9) << shown;
  EXPECT_GT(direction * (values.back() - values.front()), 0) << shown;
}

TEST(CorruptionLadder, TrueVideosAreRight) {
  const auto rungs = ladder(truth(), with_freeze);
  for (const Metric& metric : {colour_accuracy(), shape_accuracy(), motion_accuracy()})
    EXPECT_GE(means(metric, {rungs.front()})[0], 0.95) << metric.info.id;
  EXPECT_GT(means(shapes_flicker(), {rungs.front()})[0], 0.99);
}

TEST(CorruptionLadder, Noise) {
  const auto rungs = ladder(truth(), with_noise);
  expect_order(flicker(), rungs, -1);
  expect_order(shapes_flicker(), rungs, -1);
  expect_order(sharpness(), rungs, +1);
  expect_order(motion_amount(), rungs, +1);
  expect_order(shape_accuracy(), rungs, -1, 0.7);
}

TEST(CorruptionLadder, Blur) {
  const auto rungs = ladder(truth(), with_blur);
  expect_order(sharpness(), rungs, -1);
  expect_order(motion_amount(), rungs, -1);
  EXPECT_GE(means(shape_accuracy(), {rungs.back()})[0], 0.95) << "the checker sees through mild blur";
}

TEST(CorruptionLadder, Freeze) {
  const auto rungs = ladder(truth(), with_freeze);
  expect_order(motion_amount(), rungs, -1);
  expect_order(shapes_motion_amount(), rungs, -1);
  expect_order(motion_accuracy(), rungs, -1, 0.7);
  expect_order(flicker(), rungs, +1);  // VBench's definition takes a frozen video for the best
}

TEST(CorruptionLadder, Shuffle) {
  const auto rungs = ladder(truth(), with_shuffle);
  expect_order(flicker(), rungs, -1);
  expect_order(shapes_flicker(), rungs, -1);
  expect_order(motion_accuracy(), rungs, -1, 0.7);
}

TEST(CorruptionLadder, Flicker) {
  const auto rungs = ladder(truth(), with_flicker);
  expect_order(flicker(), rungs, -1);
  expect_order(shapes_flicker(), rungs, -1);
}

TEST(CorruptionLadder, WrongCaption) {
  const auto rungs = wrong_caption_ladder(truth());
  for (const Metric& metric : {colour_accuracy(), shape_accuracy(), motion_accuracy()}) {
    expect_order(metric, rungs, -1);
    EXPECT_LT(means(metric, rungs).back(), 0.05) << metric.info.id;
  }
}

TEST(ShapesVideo, EnlargedAndLongerVideosGiveTheSameAnswers) {
  const media::Video& small = truth()[0].video;
  const auto large = make_video(small.frames, 96, 96, [&](size_t t, size_t y, size_t x, size_t c) {
    return small.frame(t)[((y / 3) * 32 + x / 3) * 3 + c];
  });
  EXPECT_EQ(to_shapes_video(large).pixels, small.pixels);
  EXPECT_EQ(to_shapes_video(small).pixels, small.pixels);
  const auto short_one = make_video(15, 32, 32, [](size_t, size_t, size_t, size_t) { return 0; });
  EXPECT_THROW(to_shapes_video(short_one), Error);
}

TEST(ShapesReference, IsSeededAndSpread) {
  EXPECT_EQ(reference_video(1, 3).pixels, reference_video(1, 3).pixels);
  EXPECT_NE(reference_video(1, 3).pixels, reference_video(1, 4).pixels);
  EXPECT_NE(reference_video(1, 3).pixels, reference_video(2, 3).pixels);
  Random random(1);
  std::vector<int> colours(shapes::kColorNames.size());
  for (int i = 0; i < 800; ++i) ++colours[shapes::index(random_scene(random).objects[0].color)];
  for (const int count : colours) EXPECT_NEAR(count, 100, 40);  // 4 deviations
}

}  // namespace
}  // namespace vidbench::metrics
