// The decision of dynamic degree, worked out by hand after VBench's definition.
#include "metrics/dynamic_degree.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/error.h"
#include "metrics/builtin.h"
#include "synthetic.h"

namespace vidbench::metrics {
namespace {
using namespace testing_support;

TEST(DynamicDegree, LooksAtEightFramesASecondRoundingHalvesToEven) {
  EXPECT_EQ(dynamic_interval(24), 3u);
  EXPECT_EQ(dynamic_interval(25), 3u);
  EXPECT_EQ(dynamic_interval(30), 4u);
  EXPECT_EQ(dynamic_interval(12), 2u) << "1.5";
  EXPECT_EQ(dynamic_interval(20), 2u) << "2.5";
  EXPECT_EQ(dynamic_interval(28), 4u) << "3.5";
  EXPECT_EQ(dynamic_interval(4), 1u) << "0.5 is rounded to 0";
  EXPECT_EQ(dynamic_interval(0), 1u);
  EXPECT_EQ(dynamic_interval(1e300), 1'000'000'000u);
}

// `moving` pairs of `frames` - 1 that move by more than 6 pixels in 256.
bool decision(size_t frames, size_t moving) {
  std::vector<double> largest(frames - 1, 6.0);
  for (size_t i = 0; i < moving; ++i) largest[largest.size() - 1 - i] = 6.01;
  return is_dynamic(largest, 256);
}

TEST(DynamicDegree, NeedsAQuarterOfTheFramesRoundingHalvesToEven) {
  for (const auto& [frames, needed] : {std::pair{3, 1}, {5, 1}, {6, 2}, {10, 2}, {14, 4}, {16, 4}, {17, 4}}) {
    EXPECT_FALSE(decision(frames, needed - 1)) << frames;
    EXPECT_TRUE(decision(frames, needed)) << frames;
  }
  EXPECT_TRUE(decision(2, 0)) << "half a pair is rounded to none";
}

TEST(DynamicDegree, TheCorrectedOneNeedsAPairThatMoves) {
  EXPECT_TRUE(is_dynamic(std::vector<double>{6.0}, 256));
  EXPECT_FALSE(is_dynamic(std::vector<double>{6.0}, 256, 1));
  EXPECT_TRUE(is_dynamic(std::vector<double>{6.01}, 256, 1));
  EXPECT_FALSE(is_dynamic(std::vector<double>{6.01, 0, 0, 0, 0}, 256, 1)) << "more than one is needed of six";
}

TEST(DynamicDegree, ItsThresholdGrowsWithTheShorterSide) {
  EXPECT_TRUE(is_dynamic(std::vector<double>{3.01, 0}, 128));
  EXPECT_FALSE(is_dynamic(std::vector<double>{3.0, 0}, 128));
  EXPECT_FALSE(is_dynamic(std::vector<double>{3.01, 0}, 256));
}

std::string refusal(const Metric& metric, const media::Video& video) {
  try {
    (void)value_of(metric, video);
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::kInput);
    return e.what();
  }
  return "";
}

media::Video grey(size_t frames, size_t height, size_t width, double fps) {
  media::Video video = make_video(frames, height, width, [](size_t, size_t, size_t, size_t) { return 128; });
  video.fps = fps;
  return video;
}

// Before the weights are looked at.
TEST(RaftMetrics, RefuseWhatTheyCannotJudge) {
  const auto network = std::make_shared<RaftNetwork>(WeightFile{"none.pth", "", "not there"});
  for (const Metric& metric :
       {dynamic_degree(network), corrected_dynamic_degree(network), flow_magnitude(network)}) {
    EXPECT_EQ(metric.info.unavailable, "not there");
    EXPECT_EQ(refusal(metric, grey(1, 128, 128, 8)), "needs at least 2 frames, the video has 1");
    EXPECT_EQ(refusal(metric, grey(2, 120, 160, 8)),
              "needs frames of at least 121x121 pixels, the video has 160x120");
    EXPECT_EQ(refusal(metric, grey(3, 128, 128, 24)),
              "looks at one frame in 3 at 24 frames/s, and the video has but 3");
  }
  const Metric filter = static_filter(network);
  EXPECT_EQ(refusal(filter, grey(1, 128, 128, 8)), "needs at least 2 frames, the video has 1");
  EXPECT_EQ(refusal(filter, grey(2, 120, 160, 8)),
            "needs frames of at least 121x121 pixels, the video has 160x120");
  for (const Metric& metric : {warping_error(network), evalcrafter_warping_error(network)}) {
    EXPECT_EQ(refusal(metric, grey(1, 256, 256, 8)), "needs at least 2 frames, the video has 1");
    EXPECT_EQ(refusal(metric, grey(2, 256, 241, 8)),
              "needs frames of at least 242x242 pixels, the video has 241x256");
  }
}

}  // namespace
}  // namespace vidbench::metrics
