// Corruptions of videos in rising strength, to see which of them a metric notices. Level 0 changes nothing;
// the seed decides what is random.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "media/video.h"

namespace vidbench::metrics {

// Normal noise of deviation 12 levels a rung.
[[nodiscard]] media::Video with_noise(media::Video video, int level, uint64_t seed);
// `level` passes of a 3x3 mean over each frame (edges repeated).
[[nodiscard]] media::Video with_blur(media::Video video, int level, uint64_t seed);
// H.264 at CRF 30, 40, 50. Throws Error(kEnvironment) where there is no encoder.
[[nodiscard]] media::Video with_compression(media::Video video, int level, uint64_t seed);
// The last 5 · level frames repeat the one before them; of 16 frames level 3 is a still picture.
[[nodiscard]] media::Video with_freeze(media::Video video, int level, uint64_t seed);
// 3 · level swaps of two frames drawn at random.
[[nodiscard]] media::Video with_shuffle(media::Video video, int level, uint64_t seed);
// Every other frame darker by 12 % a rung.
[[nodiscard]] media::Video with_flicker(media::Video video, int level, uint64_t seed);
// Played 1 + level times as fast, to and fro, so that it stays as long.
[[nodiscard]] media::Video with_speed(media::Video video, int level, uint64_t seed);

struct Corruption {
  std::string name;
  std::function<media::Video(media::Video, int level, uint64_t seed)> apply;
};
// All of them, in the order above.
[[nodiscard]] std::span<const Corruption> corruptions();

}  // namespace vidbench::metrics
