#include "media/encode.h"

#include <gtest/gtest.h>

#include "base/files.h"
#include "media/reader.h"
#include "test_video.h"

namespace vidbench::media {
namespace {

class Encode : public ::testing::Test {
 protected:
  std::filesystem::path file(const std::string& name) const { return folder_.path() / name; }
  TemporaryDirectory folder_;
};

TEST_F(Encode, Mp4ShowsTheSameVideo) {
  const Video video = moving_square(12, 48, 64, 23.976);
  write_mp4(file("a.mp4"), video, {.crf = 8});
  const Video back = read_video(file("a.mp4"));
  ASSERT_EQ(back.frames, 12u);
  EXPECT_EQ(back.height, 48u);
  EXPECT_EQ(back.width, 64u);
  EXPECT_NEAR(back.fps, 24000.0 / 1001, 1e-9);
  for (size_t t = 0; t < 12; ++t)
    EXPECT_LT(mean_difference(back.frame(t), video.frame(t)), 3) << "frame " << t;
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_.path()), {}), 1)
      << "a part file is left";
}

// A browser starts before the whole file is there when the index (moov) stands before the data (mdat).
TEST_F(Encode, Mp4HasItsIndexInFront) {
  write_mp4(file("a.mp4"), moving_square(4, 32, 32));
  const std::string bytes = read_file(file("a.mp4"));
  ASSERT_NE(bytes.find("moov"), std::string::npos);
  EXPECT_LT(bytes.find("moov"), bytes.find("mdat"));
  EXPECT_NE(bytes.find("avc1"), std::string::npos);
}

TEST_F(Encode, SameVideoSameBytes) {
  for (const char* ending : {".mp4", ".webp"}) {
    for (const char* name : {"a", "b"}) {
      const auto path = file(std::string(name) + ending);
      if (std::string_view(ending) == ".mp4") {
        write_mp4(path, moving_square(6, 32, 40));
      } else {
        write_animation(path, moving_square(6, 32, 40));
      }
    }
    EXPECT_EQ(read_file(file(std::string("a") + ending)), read_file(file(std::string("b") + ending)));
  }
}

TEST_F(Encode, OddSizesArePaddedByTheirEdge) {
  const Video video = moving_square(3, 33, 47);
  write_mp4(file("odd.mp4"), video, {.crf = 4});
  const Video back = read_video(file("odd.mp4"));
  EXPECT_EQ(back.height, 34u);
  EXPECT_EQ(back.width, 48u);
  const auto frame = back.frame(0);
  const uint8_t* last_row = &frame[33 * 48 * 3];
  const uint8_t* row_before = &frame[32 * 48 * 3];
  EXPECT_LT(mean_difference({last_row, 48 * 3}, {row_before, 48 * 3}), 6);
}

TEST_F(Encode, EnlargementRepeatsPixels) {
  const Video video = moving_square(2, 16, 20);
  EncodeSpec spec{.codec = "ffv1", .pixel_format = "bgr0", .scale_up = 3};
  encode_video(file("big.mkv"), video, spec);
  const Video back = read_video(file("big.mkv"));
  ASSERT_EQ(back.height, 48u);
  ASSERT_EQ(back.width, 60u);
  for (size_t y = 0; y < 48; ++y) {
    for (size_t x = 0; x < 60; ++x) {
      ASSERT_EQ(back.frame(1)[(y * 60 + x) * 3], video.frame(1)[((y / 3) * 20 + x / 3) * 3]) << y << "," << x;
    }
  }
}

TEST_F(Encode, AnimationsAreWhatTheyAreNamed) {
  write_animation(file("a.webp"), moving_square(6, 32, 40));
  const std::string webp = read_file(file("a.webp"));
  EXPECT_EQ(webp.substr(0, 4), "RIFF");
  EXPECT_NE(webp.find("ANIM"), std::string::npos);
  size_t frames = 0;
  for (size_t at = webp.find("ANMF"); at != std::string::npos; at = webp.find("ANMF", at + 4)) ++frames;
  EXPECT_EQ(frames, 6u);

  const Video video = moving_square(6, 32, 40, 10);
  write_animation(file("a.gif"), video);
  const Video gif = read_video(file("a.gif"));
  EXPECT_EQ(gif.frames, 6u);
  EXPECT_NEAR(gif.fps, 10, 0.01);
  EXPECT_LT(mean_difference(gif.frame(5), video.frame(5)), 25);
}

TEST_F(Encode, RefusesWhatCannotBeWritten) {
  const Video good = moving_square(2, 16, 16);
  Video broken = good;
  broken.pixels.pop_back();
  (void)input_error([&] { write_mp4(file("x.mp4"), broken); });
  (void)input_error([&] { write_mp4(file("x.mp4"), Video{}); });
  (void)input_error([&] { write_mp4(file("x.mp4"), good, {.crf = 99}); });
  (void)input_error([&] { write_mp4(file("x.mp4"), good, {.scale_up = 0}); });
  (void)input_error([&] { write_animation(file("x.avi"), good); });
  try {
    write_mp4(file("absent/x.mp4"), good);
    FAIL() << "wrote into a folder that is not there";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kEnvironment);
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

}  // namespace
}  // namespace vidbench::media
