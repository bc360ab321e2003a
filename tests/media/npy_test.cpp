#include "media/npy.h"

#include <gtest/gtest.h>

#include <cstring>

#include "base/files.h"
#include "base/random.h"
#include "media/encode.h"
#include "media/reader.h"
#include "test_video.h"

namespace vidbench::media {
namespace {

std::string npy_file(const std::string& dictionary, size_t data_bytes) {
  std::string text = dictionary;
  text.append((64 - (10 + text.size() + 1) % 64) % 64, ' ');
  text += '\n';
  std::string file = "\x93NUMPY";
  file += {1, 0, static_cast<char>(text.size() & 0xff), static_cast<char>(text.size() >> 8)};
  return file + text + std::string(data_bytes, '\x07');
}

class Npy : public ::testing::Test {
 protected:
  std::filesystem::path write(const std::string& content) {
    write_file_atomic(path(), content);
    return path();
  }
  std::filesystem::path path() const { return folder_.path() / "video.npy"; }
  TemporaryDirectory folder_;
};

TEST_F(Npy, VideoSurvivesTheRoundTrip) {
  const Video video = moving_square(5, 7, 9);
  write_npy_video(path(), video);
  const Video back = read_video(path(), {.assumed_fps = 8});
  EXPECT_EQ(back.frames, 5u);
  EXPECT_EQ(back.height, 7u);
  EXPECT_EQ(back.width, 9u);
  EXPECT_EQ(back.fps, 8);
  EXPECT_EQ(back.pixels, video.pixels);
  EXPECT_DOUBLE_EQ(back.times_s[4], 0.5);
}

// Origin: the bytes of numpy.save(file, numpy.zeros((2, 3), dtype='<f4')), numpy 2.4.6.
TEST_F(Npy, HeaderIsNumPysOwn) {
  const size_t shape[] = {2, 3};
  write_npy(path(), "<f4", shape, std::vector<uint8_t>(24));
  std::string expected = "\x93NUMPY";
  expected += {1, 0, 'v', 0};
  expected += "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
  expected.append(128 - expected.size() - 1, ' ');
  expected += '\n';
  EXPECT_EQ(read_file(path()), expected + std::string(24, '\0'));
}

TEST_F(Npy, ReadsWhatItWroteForEveryType) {
  const size_t shape[] = {3};
  for (const std::string dtype : {"u1", "i1", "<i2", "<f2", "<f4", "<f8", ">i8"}) {
    const size_t bytes = 3 * static_cast<size_t>(dtype.back() - '0');
    write_npy(path(), dtype, shape, std::vector<uint8_t>(bytes, 5));
    const NpyArray array = read_npy(path());
    EXPECT_EQ(array.dtype, dtype);
    EXPECT_EQ(array.shape, std::vector<size_t>{3});
    EXPECT_EQ(array.bytes, std::vector<uint8_t>(bytes, 5));
  }
}

TEST_F(Npy, GreyBecomesRgb) {
  write(npy_file("{'descr': '|u1', 'fortran_order': False, 'shape': (2, 4, 3), }", 24));
  const Video video = read_video(path());
  EXPECT_EQ(video.frames, 2u);
  EXPECT_EQ(video.pixels, std::vector<uint8_t>(72, 7));
}

TEST_F(Npy, FloatVideoIsRefusedWithTheWayOut) {
  write(npy_file("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 4, 3, 3), }", 288));
  try {
    (void)read_video(path());
    FAIL() << "a float video was accepted";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("<f4"), std::string::npos) << error.what();
    EXPECT_NE(error.hint().find("* 255"), std::string::npos) << error.hint();
  }
}

TEST_F(Npy, DamagedHeadersNameTheFileAndTheFault) {
  const std::string good = "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 4, 3, 3), }";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "not a .npy"},
      {"PK\x03\x04 a zip archive", "not a .npy"},
      {npy_file(good, 71), "truncated"},
      {npy_file(good, 72).substr(0, 40), "cut off"},
      {npy_file("{'descr': '|O', 'fortran_order': False, 'shape': (2,), }", 16), "dtype"},
      {npy_file("{'descr': [('a', '|u1')], 'fortran_order': False, 'shape': (2,), }", 16), "structured"},
      {npy_file("{'descr': '|u1', 'fortran_order': True, 'shape': (2, 4, 3, 3), }", 72), "Fortran"},
      {npy_file("{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3, 4, 5), }", 120),
       "shape (2, 3, 4, 5)"},
      {npy_file("{'descr': '|u1', 'fortran_order': False, 'shape': (4294967296, 4294967296, 4, 3), }", 9),
       "too large"},
      {npy_file("{'descr': '|u1', 'fortran_order': False, 'shape': (99999999999999999999,), }", 9),
       "too large"},
      {npy_file("{'descr': '|u1', 'fortran_order': False, }", 9), "missing"},
      {npy_file("{'descr': '|u1', 'shape': (2, -1), 'fortran_order': False}", 9), "dimension expected"},
  };
  for (const auto& [content, fault] : cases) {
    write(content);
    const std::string message = input_error([&] { (void)read_video(path()); });
    EXPECT_NE(message.find("video.npy"), std::string::npos) << message;
    EXPECT_NE(message.find(fault), std::string::npos) << message;
  }
}

TEST_F(Npy, LimitsHoldBeforeMemoryIsTaken) {
  write(npy_file("{'descr': '|u1', 'fortran_order': False, 'shape': (2, 4, 3, 3), }", 72));
  EXPECT_NE(
      input_error([&] { (void)read_video(path(), {.limits = {.max_pixels_per_frame = 11}}); }).find("4"),
      std::string::npos);
  EXPECT_NE(input_error([&] { (void)read_video(path(), {.limits = {.max_frames = 1}}); }).find("2 frames"),
            std::string::npos);
  const std::string bytes =
      input_error([&] { (void)read_video(path(), {.limits = {.max_total_bytes = 71}}); });
  EXPECT_NE(bytes.find("2 frames of 3x4 take more than 71 B"), std::string::npos) << bytes;
  (void)input_error([&] { (void)read_npy(path(), 71); });
}

TEST_F(Npy, FlippedBytesNeverCrashTheParser) {
  const std::string good = npy_file("{'descr': '|u1', 'fortran_order': False, 'shape': (2, 4, 3, 3), }", 72);
  size_t refused = 0;
  for (uint64_t seed = 0; seed < 2000; ++seed) {
    Random random(seed);
    std::string bad = good;
    for (int flips = 0; flips < 3; ++flips) bad[random.below(128)] = static_cast<char>(random.next());
    const auto* bytes = reinterpret_cast<const uint8_t*>(bad.data());
    try {
      const NpyHeader header = parse_npy_header({bytes, bad.size()}, "flipped");
      EXPECT_LE(header.data_offset, bad.size());
    } catch (const Error&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 500u);
}

TEST_F(Npy, FailedWriteLeavesNothing) {
  const size_t shape[] = {1};
  EXPECT_THROW(write_npy(folder_.path() / "absent" / "x.npy", "u1", shape, std::vector<uint8_t>(1)), Error);
  EXPECT_THROW(write_npy(path(), "u1", shape, std::vector<uint8_t>(2)), Error);
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

}  // namespace
}  // namespace vidbench::media
