// What motion smoothness refuses; its numbers are compared in tests/parity/test_amt.py.
#include <gtest/gtest.h>

#include "base/error.h"
#include "metrics/builtin.h"
#include "synthetic.h"

namespace vidbench::metrics {
namespace {
using namespace testing_support;

// Before the weights are looked at.
TEST(MotionSmoothness, RefusesWhatItCannotJudge) {
  const Metric metric =
      motion_smoothness(std::make_shared<AmtNetwork>(WeightFile{"none.pth", "", "not there"}));
  EXPECT_EQ(metric.info.unavailable, "not there");
  const auto refusal = [&](size_t frames, size_t height, size_t width) -> std::string {
    try {
      (void)value_of(metric,
                     make_video(frames, height, width, [](size_t, size_t, size_t, size_t) { return 128; }));
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), ErrorCode::kInput);
      return e.what();
    }
    return "";
  };
  EXPECT_EQ(refusal(2, 128, 128), "needs at least 3 frames, the video has 2");
  EXPECT_EQ(refusal(3, 112, 160), "needs frames of at least 113x113 pixels, the video has 160x112");
}

}  // namespace
}  // namespace vidbench::metrics
