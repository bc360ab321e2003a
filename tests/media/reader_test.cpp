#include "media/reader.h"

#include <gtest/gtest.h>

#include "base/files.h"
#include "media/encode.h"
#include "media/picture.h"
#include "test_video.h"

namespace vidbench::media {
namespace {

class Reader : public ::testing::Test {
 protected:
  std::filesystem::path file(const std::string& name) const { return folder_.path() / name; }
  TemporaryDirectory folder_;
};

// FFV1 in RGB is lossless: every byte must come back, also for odd sizes.
TEST_F(Reader, LosslessFilesComeBackExactly) {
  for (const auto& [height, width] : {std::pair<size_t, size_t>{32, 48}, {33, 47}, {16, 17}, {35, 16}}) {
    const Video video = moving_square(4, height, width);
    encode_video(file("a.mkv"), video, {.codec = "ffv1", .pixel_format = "bgr0"});
    const Video back = read_video(file("a.mkv"));
    EXPECT_EQ(back.height, height);
    EXPECT_EQ(back.width, width);
    EXPECT_EQ(back.pixels, video.pixels);
    EXPECT_NEAR(back.fps, 24, 0.01);
  }
}

TEST_F(Reader, RotationOfTheContainerIsApplied) {
  const Video video = moving_square(3, 32, 64);
  for (const int degrees : {90, 180, 270}) {
    EncodeSpec spec{.codec = "libx264rgb", .pixel_format = "rgb24", .container = "mp4"};
    spec.codec_options = {{"crf", "0"}};
    spec.rotation_degrees = degrees;
    encode_video(file("turned.mp4"), video, spec);
    VideoReader reader(file("turned.mp4"));
    EXPECT_EQ(reader.info().rotation_degrees, degrees);
    const std::optional<Frame> frame = reader.next();
    ASSERT_TRUE(frame);
    ASSERT_EQ(frame->height, degrees == 180 ? 32u : 64u);
    ASSERT_EQ(frame->width, degrees == 180 ? 64u : 32u);
    // The coded top left corner, shown: top right after 90° clockwise, bottom right after 180°, bottom left
    // after 270°.
    const size_t y = degrees == 90 ? 0 : frame->height - 1;
    const size_t x = degrees == 270 ? 0 : frame->width - 1;
    EXPECT_EQ(frame->rgb[(y * frame->width + x) * 3], 250) << degrees;
    EXPECT_EQ(frame->rgb[(y * frame->width + x) * 3 + 2], 250) << degrees;
  }
}

TEST_F(Reader, QuarterTurnsAndMirrors) {
  const std::vector<uint8_t> rgb = {1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 5, 5, 5, 6, 6, 6};  // 1 2 3 / 4 5 6
  const auto turned = [&](Orientation orientation) {
    std::vector<uint8_t> out;
    orient(rgb, 2, 3, orientation, out);
    std::string text;
    for (size_t i = 0; i < out.size(); i += 3) text += static_cast<char>('0' + out[i]);
    return text;
  };
  EXPECT_EQ(turned({false, 0}), "123456");
  EXPECT_EQ(turned({false, 1}), "415263");
  EXPECT_EQ(turned({false, 2}), "654321");
  EXPECT_EQ(turned({false, 3}), "362514");
  EXPECT_EQ(turned({true, 0}), "321654");
  EXPECT_EQ(turned({true, 1}), "635241") << "mirrored first, then turned";

  int32_t matrix[9];
  av_display_rotation_set(matrix, 90);
  EXPECT_EQ(orientation_of(matrix).quarter_turns, 1);
  EXPECT_FALSE(orientation_of(matrix).mirrored);
  av_display_rotation_set(matrix, 0);
  av_display_matrix_flip(matrix, 1, 0);
  EXPECT_EQ(orientation_of(matrix).quarter_turns, 0);
  EXPECT_TRUE(orientation_of(matrix).mirrored);
}

TEST_F(Reader, TenBitBecomesEightBit) {
  const Video video = moving_square(3, 32, 48);
  for (const char* format : {"yuv420p10le", "yuv444p12le", "gray10le", "gray"}) {
    encode_video(file("deep.mkv"), video, {.codec = "ffv1", .pixel_format = format});
    const Video back = read_video(file("deep.mkv"));
    ASSERT_EQ(back.frames, 3u) << format;
    if (format[0] == 'g') {
      for (size_t i = 0; i < back.pixels.size(); i += 3)
        ASSERT_EQ(back.pixels[i], back.pixels[i + 2]) << format;
    } else {
      EXPECT_LT(mean_difference(back.frame(2), video.frame(2)), 3) << format;
    }
  }
}

TEST_F(Reader, FullRangeAndBt709AreHonoured) {
  const Video video = moving_square(2, 32, 48);
  // JPEG frames are full range by definition.
  encode_video(
      file("jpeg.mkv"), video,
      {.codec = "mjpeg", .pixel_format = "yuvj444p", .codec_options = {{"qmin", "1"}, {"qmax", "1"}}});
  EXPECT_LT(mean_difference(read_video(file("jpeg.mkv")).frame(1), video.frame(1)), 4);
  AVFrame* frame = av_frame_alloc();
  frame->format = AV_PIX_FMT_YUV444P;
  frame->width = 16;
  frame->height = 16;
  ASSERT_EQ(av_frame_get_buffer(frame, 0), 0);
  // Origin: ITU-R BT.709 limited range of RGB (255, 0, 0): Y 63, Cb 102, Cr 240.
  const int red_709[] = {63, 102, 240};
  for (int plane = 0; plane < 3; ++plane) {
    std::fill_n(frame->data[plane], frame->linesize[plane] * 16, static_cast<uint8_t>(red_709[plane]));
  }
  std::vector<uint8_t> rgb;
  RgbConverter converter;
  frame->colorspace = AVCOL_SPC_BT709;
  ASSERT_TRUE(converter.convert(*frame, rgb));
  EXPECT_NEAR(rgb[0], 255, 3);
  EXPECT_NEAR(rgb[1], 0, 3);
  frame->colorspace = AVCOL_SPC_UNSPECIFIED;
  ASSERT_TRUE(converter.convert(*frame, rgb));
  EXPECT_LT(rgb[0], 245) << "without a tag the matrix is BT.601";
  av_frame_free(&frame);
}

TEST_F(Reader, TransparencyIsLaidOnBlack) {
  const Video video = moving_square(3, 32, 48);
  std::vector<uint8_t> alpha(3 * 32 * 48, 255);
  for (size_t i = 0; i < alpha.size(); ++i) {
    if (i % 48 >= 24) alpha[i] = i / 48 % 32 < 16 ? 0 : 128;
  }
  const auto check = [&](const std::string& name, int tolerance) {
    const Video back = read_video(file(name));
    ASSERT_EQ(back.frames, 3u) << name;
    const auto at = [](const Video& v, size_t y, size_t x) { return int{v.frame(2)[(y * 48 + x) * 3 + 1]}; };
    EXPECT_NEAR(at(back, 25, 10), at(video, 25, 10), tolerance) << name;
    EXPECT_NEAR(at(back, 5, 40), 0, tolerance) << name;
    EXPECT_NEAR(at(back, 25, 40), at(video, 25, 40) * 128 / 255, tolerance) << name;
  };
  encode_video(file("a.mkv"), video, {.codec = "ffv1", .pixel_format = "bgra", .alpha = alpha});
  check("a.mkv", 1);
  encode_video(file("a.webm"), video,
               {.codec = "libvpx-vp9",
                .pixel_format = "yuva420p",
                .codec_options = {{"crf", "4"}, {"b", "0"}},
                .alpha = alpha});
  check("a.webm", 12);
}

TEST_F(Reader, VariableRateKeepsItsTimes) {
  Video video = moving_square(5, 32, 48);
  video.times_s = {0, 0.04, 0.2, 0.24, 0.6};
  encode_video(file("vfr.mkv"), video, {.codec = "ffv1", .pixel_format = "bgr0", .use_times = true});
  const Video back = read_video(file("vfr.mkv"));
  ASSERT_EQ(back.frames, 5u);
  for (size_t t = 0; t < 5; ++t) EXPECT_NEAR(back.times_s[t], video.times_s[t], 1e-6);
  EXPECT_EQ(back.pixels, video.pixels);

  const Video constant = read_video(file("vfr.mkv"), {.resample_fps = 10});
  ASSERT_GE(constant.frames, 7u);
  EXPECT_EQ(constant.fps, 10);
  const size_t shown[] = {0, 1, 2, 3, 3, 3, 4};  // at 0, 0.1, 0.2, … the latest frame not after that time
  for (size_t k = 0; k < 7; ++k) {
    EXPECT_DOUBLE_EQ(constant.times_s[k], static_cast<double>(k) / 10);
    EXPECT_EQ(mean_difference(constant.frame(k), video.frame(shown[k])), 0) << "output " << k;
  }
}

TEST_F(Reader, ResamplingAConstantRateIsExact) {
  const Video video = moving_square(12, 16, 16, 24);
  write_npy_video(file("a.npy"), video);
  const Video half = read_video(file("a.npy"), {.resample_fps = 12, .assumed_fps = 24});
  ASSERT_EQ(half.frames, 6u);
  for (size_t k = 0; k < 6; ++k) EXPECT_EQ(mean_difference(half.frame(k), video.frame(2 * k)), 0);
  const Video same = read_video(file("a.npy"), {.resample_fps = 24, .assumed_fps = 24});
  EXPECT_EQ(same.pixels, video.pixels);
}

TEST_F(Reader, FoldersAreReadInNaturalOrder) {
  const Video video = moving_square(12, 16, 20);
  for (size_t t = 0; t < 12; ++t) {
    Video one{{video.frame(t).begin(), video.frame(t).end()}, 1, 16, 20, 24, {0}};
    // The % in the name must not be taken for a pattern.
    encode_video(file("frame%d_" + std::to_string(t) + ".png"), one,
                 {.codec = "png", .pixel_format = "rgb24", .container = "image2pipe"});
  }
  write_file_atomic(file("notes.txt"), "not a frame");
  const Video back = read_video(folder_.path(), {.assumed_fps = 6});
  EXPECT_EQ(back.frames, 12u);
  EXPECT_EQ(back.fps, 6);
  EXPECT_EQ(back.pixels, video.pixels);
  EXPECT_TRUE(looks_like_video(folder_.path()));

  write_file_atomic(file("frame%d_5.png"), "broken");
  const std::string message = input_error([&] { (void)read_video(folder_.path()); });
  EXPECT_NE(message.find("frame%d_5.png"), std::string::npos) << message;
}

TEST_F(Reader, FolderWithFramesOfOtherSizesIsRefused) {
  for (const size_t width : {20, 24}) {
    encode_video(file(std::to_string(width) + ".png"), moving_square(1, 16, width),
                 {.codec = "png", .pixel_format = "rgb24", .container = "image2pipe"});
  }
  const std::string message = input_error([&] { (void)read_video(folder_.path()); });
  EXPECT_NE(message.find("frame 1"), std::string::npos) << message;
  EXPECT_NE(message.find("24x16"), std::string::npos) << message;
}

TEST_F(Reader, SamplesWithoutKeepingTheRest) {
  using Kind = SamplePolicy::Kind;
  const Video video = moving_square(20, 16, 20);
  encode_video(file("a.mkv"), video, {.codec = "ffv1", .pixel_format = "bgr0"});
  for (const SamplePolicy policy : {SamplePolicy{Kind::kFirst, 3}, SamplePolicy{Kind::kUniform, 4},
                                    SamplePolicy{Kind::kMiddle, 32}, SamplePolicy{Kind::kStride, 0, 7}}) {
    const auto indices = sample_indices(20, policy);
    const Video sampled = read_video(file("a.mkv"), {}, policy);
    ASSERT_EQ(sampled.frames, indices.size());
    for (size_t i = 0; i < indices.size(); ++i) {
      EXPECT_EQ(mean_difference(sampled.frame(i), video.frame(indices[i])), 0) << i;
    }
  }
  EXPECT_EQ(count_frames(file("a.mkv")), 20u);
}

TEST_F(Reader, LimitsNameFileFrameAndValue) {
  encode_video(file("a.mkv"), moving_square(20, 16, 20), {.codec = "ffv1", .pixel_format = "bgr0"});
  const std::string pixels =
      input_error([&] { (void)read_video(file("a.mkv"), {.limits = {.max_pixels_per_frame = 319}}); });
  EXPECT_NE(pixels.find("20x16"), std::string::npos) << pixels;
  const std::string frames =
      input_error([&] { (void)read_video(file("a.mkv"), {.limits = {.max_frames = 7}}); });
  EXPECT_NE(frames.find("frame 7"), std::string::npos) << frames;
  const std::string bytes =
      input_error([&] { (void)read_video(file("a.mkv"), {.limits = {.max_total_bytes = 2000}}); });
  EXPECT_NE(bytes.find("frame 2"), std::string::npos) << bytes;
  // A container that declares its frames is refused before they are decoded.
  encode_video(file("b.mp4"), moving_square(20, 16, 20), {.codec = "libx264", .pixel_format = "yuv420p"});
  const std::string declared =
      input_error([&] { (void)read_video(file("b.mp4"), {.limits = {.max_total_bytes = 2000}}); });
  EXPECT_NE(declared.find("b.mp4: 20 frames of 20x16 take more than"), std::string::npos) << declared;
  const SamplePolicy two{SamplePolicy::Kind::kFirst, 2};
  EXPECT_EQ(read_video(file("b.mp4"), {.limits = {.max_total_bytes = 2000}}, two).frames, 2);
  for (const std::string& message : {pixels, frames, bytes}) {
    EXPECT_NE(message.find("a.mkv"), std::string::npos) << message;
  }
}

TEST_F(Reader, MissingAndForeignFilesAreNamed) {
  for (const std::string name : {"none.mp4", "text.mp4", "empty.mp4"}) {
    if (name == "text.mp4") write_file_atomic(file(name), "This is no video.");
    if (name == "empty.mp4") write_file_atomic(file(name), "");
    const std::string message = input_error([&] { (void)read_video(file(name)); });
    EXPECT_NE(message.find(name), std::string::npos) << message;
  }
  std::filesystem::create_directory(file("empty"));
  (void)input_error([&] { (void)read_video(file("empty")); });
  EXPECT_FALSE(looks_like_video(file("empty")));
  EXPECT_FALSE(looks_like_video(file("a.txt")));
}

// A playlist inside a "video" must not make us open other files.
TEST_F(Reader, PlaylistsReachNoOtherFile) {
  encode_video(file("secret.ts"), moving_square(30, 32, 32),
               {.codec = "libx264", .pixel_format = "yuv420p", .container = "mpegts"});
  const std::string url = file("secret.ts").string();
  write_file_atomic(file("hls.mp4"),
                    "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nfile:" + url + "\n#EXT-X-ENDLIST\n");
  write_file_atomic(file("concat.mp4"), "ffconcat version 1.0\nfile '" + url + "'\n");
  for (const char* name : {"hls.mp4", "concat.mp4"}) (void)input_error([&] { (void)read_video(file(name)); });
  EXPECT_EQ(count_frames(file("secret.ts")), 30u);
}

}  // namespace
}  // namespace vidbench::media
