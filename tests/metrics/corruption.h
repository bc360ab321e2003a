// Corruptions of videos of the shapes world, each with rungs of rising strength: level 0 changes nothing.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "base/random.h"
#include "media/video.h"

namespace vidbench::metrics::testing_support {

inline uint8_t to_byte(double value) {
  return static_cast<uint8_t>(std::lround(std::clamp(value, 0.0, 255.0)));
}

// Normal noise of deviation 12 levels a rung.
inline media::Video with_noise(media::Video video, int level, uint64_t seed) {
  Random random(seed);
  for (uint8_t& p : video.pixels) p = to_byte(p + 12.0 * level * random.normal());
  return video;
}

// `level` passes of a 3x3 mean over each frame (edges repeated).
inline media::Video with_blur(media::Video video, int level, uint64_t) {
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

inline void copy_frame(media::Video& video, size_t from, size_t to) {
  const auto frame = video.frame(from);
  const std::vector<uint8_t> pixels(frame.begin(), frame.end());
  std::copy(pixels.begin(), pixels.end(),
            video.pixels.begin() + static_cast<std::ptrdiff_t>(to * video.frame_bytes()));
}

// The last 5·level - 1 frames repeat the one before them (level 3: a still picture but for the first).
inline media::Video with_freeze(media::Video video, int level, uint64_t) {
  const size_t kept = video.frames - std::min<size_t>(static_cast<size_t>(5 * level), video.frames - 1);
  for (size_t t = kept; t < video.frames; ++t) copy_frame(video, kept - 1, t);
  return video;
}

// 3·level swaps of two frames drawn at random.
inline media::Video with_shuffle(media::Video video, int level, uint64_t seed) {
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

// Every other frame darker by 12 % a rung.
inline media::Video with_flicker(media::Video video, int level, uint64_t) {
  for (size_t t = 1; t < video.frames; t += 2)
    for (size_t i = 0; i < video.frame_bytes(); ++i) {
      uint8_t& p = video.pixels[t * video.frame_bytes() + i];
      p = to_byte(p * (1 - 0.12 * level));
    }
  return video;
}

}  // namespace vidbench::metrics::testing_support
