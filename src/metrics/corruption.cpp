#include "metrics/corruption.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "base/files.h"
#include "base/random.h"
#include "media/encode.h"
#include "media/reader.h"

namespace vidbench::metrics {
namespace {

uint8_t to_byte(double value) { return static_cast<uint8_t>(std::lround(std::clamp(value, 0.0, 255.0))); }

void copy_frame(media::Video& video, size_t from, size_t to) {
  const auto frame = video.frame(from);
  const std::vector<uint8_t> pixels(frame.begin(), frame.end());
  std::copy(pixels.begin(), pixels.end(),
            video.pixels.begin() + static_cast<std::ptrdiff_t>(to * video.frame_bytes()));
}

}  // namespace

media::Video with_noise(media::Video video, int level, uint64_t seed) {
  Random random(seed);
  for (uint8_t& p : video.pixels) p = to_byte(p + 12.0 * level * random.normal());
  return video;
}

media::Video with_blur(media::Video video, int level, uint64_t) {
  const auto h = static_cast<long>(video.height), w = static_cast<long>(video.width);
  for (int pass = 0; pass < level; ++pass) {
    const media::Video before = video;
    for (size_t t = 0; t < video.frames; ++t)
      for (long y = 0; y < h; ++y)
        for (long x = 0; x < w; ++x)
          for (long c = 0; c < 3; ++c) {
            double sum = 0;
            for (long dy = -1; dy <= 1; ++dy)
              for (long dx = -1; dx <= 1; ++dx)
                sum += before.frame(t)[static_cast<size_t>(
                    (std::clamp(y + dy, 0L, h - 1) * w + std::clamp(x + dx, 0L, w - 1)) * 3 + c)];
            video.pixels[t * video.frame_bytes() + static_cast<size_t>((y * w + x) * 3 + c)] =
                to_byte(sum / 9);
          }
  }
  return video;
}

media::Video with_freeze(media::Video video, int level, uint64_t) {
  const size_t kept = video.frames - std::min<size_t>(static_cast<size_t>(5 * level), video.frames - 1);
  for (size_t t = kept; t < video.frames; ++t) copy_frame(video, kept - 1, t);
  return video;
}

media::Video with_shuffle(media::Video video, int level, uint64_t seed) {
  Random random(seed);
  for (int i = 0; i < 3 * level; ++i) {
    const size_t a = random.below(video.frames), b = random.below(video.frames);
    const media::Video before = video;
    copy_frame(video, a, b);
    const auto frame = before.frame(b);
    std::copy(frame.begin(), frame.end(),
              video.pixels.begin() + static_cast<std::ptrdiff_t>(a * video.frame_bytes()));
  }
  return video;
}

media::Video with_flicker(media::Video video, int level, uint64_t) {
  for (size_t t = 1; t < video.frames; t += 2)
    for (size_t i = 0; i < video.frame_bytes(); ++i) {
      uint8_t& p = video.pixels[t * video.frame_bytes() + i];
      p = to_byte(p * (1 - 0.12 * level));
    }
  return video;
}

media::Video with_compression(media::Video video, int level, uint64_t) {
  if (level == 0) return video;
  const TemporaryDirectory folder;
  const std::filesystem::path file = folder.path() / "compressed.mp4";
  media::write_mp4(file, video, {.crf = std::min(20 + 10 * level, 51), .preset = "veryfast"});
  media::Video read = media::read_video(file);
  if (read.height == video.height && read.width == video.width) return read;
  // The encoder makes odd sides even.
  video.pixels.clear();
  for (size_t t = 0; t < read.frames; ++t)
    for (size_t y = 0; y < video.height; ++y) {
      const auto row = read.frame(t).subspan(y * read.width * 3, video.width * 3);
      video.pixels.insert(video.pixels.end(), row.begin(), row.end());
    }
  video.frames = read.frames;
  return video;
}

media::Video with_speed(media::Video video, int level, uint64_t) {
  const media::Video before = video;
  const size_t period = std::max<size_t>(2 * (before.frames - 1), 1);
  for (size_t t = 0; t < video.frames; ++t) {
    const size_t place = t * static_cast<size_t>(1 + level) % period;
    const auto frame = before.frame(place < before.frames ? place : period - place);
    std::copy(frame.begin(), frame.end(),
              video.pixels.begin() + static_cast<std::ptrdiff_t>(t * video.frame_bytes()));
  }
  return video;
}

std::span<const Corruption> corruptions() {
  static const std::array<Corruption, 7> all = {{{"noise", with_noise},
                                                 {"blur", with_blur},
                                                 {"compression", with_compression},
                                                 {"freeze", with_freeze},
                                                 {"shuffle", with_shuffle},
                                                 {"flicker", with_flicker},
                                                 {"speed", with_speed}}};
  return all;
}

}  // namespace vidbench::metrics
