// Damaged files give an Error that names the file, or the frames before the damage: never a crash, and never
// more frames or memory than the whole file has.
#include <gtest/gtest.h>

#include "base/files.h"
#include "base/random.h"
#include "media/encode.h"
#include "media/reader.h"
#include "test_video.h"

namespace vidbench::media {
namespace {

struct Outcome {
  size_t frames = 0;
  std::string error;
};

Outcome read_all(const std::filesystem::path& path) {
  Outcome outcome;
  try {
    VideoReader reader(path, {.limits = {.max_pixels_per_frame = 1 << 20, .max_frames = 1000}});
    while (reader.next()) ++outcome.frames;
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInput) << error.what();
    outcome.error = error.what();
    EXPECT_NE(outcome.error.find(path.filename().string()), std::string::npos) << outcome.error;
  }
  return outcome;
}

class Damage : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    whole_ = folder_.path() / ("whole" + GetParam());
    damaged_ = folder_.path() / ("damaged" + GetParam());
    const Video video = moving_square(24, 48, 64);
    if (GetParam() == ".mp4") {
      write_mp4(whole_, video);
    } else if (GetParam() == ".webm") {
      encode_video(whole_, video, {.codec = "libvpx-vp9", .pixel_format = "yuv420p"});
    } else if (GetParam() == ".avi") {
      encode_video(whole_, video, {.codec = "mjpeg", .pixel_format = "yuvj420p"});
    } else if (GetParam() == ".mkv") {
      encode_video(
          whole_, video,
          {.codec = "ffv1", .pixel_format = "bgr0", .codec_options = {{"level", "3"}, {"slicecrc", "1"}}});
    } else {
      write_animation(whole_, video);
    }
    content_ = read_file(whole_);
  }

  TemporaryDirectory folder_;
  std::filesystem::path whole_;
  std::filesystem::path damaged_;
  std::string content_;
};

TEST_P(Damage, TheWholeFileIsRead) {
  const Outcome outcome = read_all(whole_);
  EXPECT_EQ(outcome.error, "");
  EXPECT_EQ(outcome.frames, 24u);
}

TEST_P(Damage, CutFilesEndEarlyOrSayWhy) {
  size_t told = 0;
  for (uint64_t seed = 0; seed < 40; ++seed) {
    Random random(seed);
    write_file_atomic(damaged_, content_.substr(0, random.below(content_.size() - 64)));
    const Outcome outcome = read_all(damaged_);
    EXPECT_TRUE(!outcome.error.empty() || outcome.frames < 24) << "seed " << seed;
    told += !outcome.error.empty();
  }
  EXPECT_GT(told, 0u);
}

TEST_P(Damage, FlippedBitsNeverCrash) {
  size_t told = 0;
  for (uint64_t seed = 0; seed < 60; ++seed) {
    Random random(1000 + seed);
    std::string bad = content_;
    const size_t flips = 1 + random.below(20);
    for (size_t i = 0; i < flips; ++i)
      bad[random.below(bad.size())] ^= static_cast<char>(1 << random.below(8));
    write_file_atomic(damaged_, bad);
    const Outcome outcome = read_all(damaged_);
    EXPECT_LE(outcome.frames, 1000u);
    told += !outcome.error.empty();
  }
  // GIF carries no check sums: its flipped bits are other colours. FFV1's CRC sees nearly all.
  if (GetParam() != ".gif") {
    EXPECT_GT(told, GetParam() == ".mkv" ? 50u : 0u);
  }
}

TEST_P(Damage, GarbageInTheMiddleNeverCrashes) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    Random random(2000 + seed);
    std::string bad = content_;
    const size_t start = random.below(bad.size());
    for (size_t i = start; i < std::min(bad.size(), start + 200); ++i)
      bad[i] = static_cast<char>(random.next());
    write_file_atomic(damaged_, bad);
    (void)read_all(damaged_);
  }
}

INSTANTIATE_TEST_SUITE_P(Containers, Damage, ::testing::Values(".mp4", ".webm", ".avi", ".mkv", ".gif"),
                         [](const auto& info) { return info.param.substr(1); });

// A picture that claims 60000x60000 pixels in 100 bytes must be refused before its memory is taken.
TEST(Hostile, HugeClaimsAreRefused) {
  const TemporaryDirectory folder;
  encode_video(folder.path() / "a.png", moving_square(1, 16, 16),
               {.codec = "png", .pixel_format = "rgb24", .container = "image2pipe"});
  std::string png = read_file(folder.path() / "a.png");
  const std::string side = {0, 0, static_cast<char>(0xea), 0x60};
  png.replace(16, 4, side);
  png.replace(20, 4, side);
  write_file_atomic(folder.path() / "huge.png", png);
  const std::string message = input_error([&] { (void)read_video(folder.path() / "huge.png"); });
  EXPECT_NE(message.find("huge.png"), std::string::npos) << message;
}

}  // namespace
}  // namespace vidbench::media
