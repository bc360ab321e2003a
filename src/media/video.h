// A decoded video in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace vidbench::media {

// uint8 RGB [T, H, W, 3], contiguous, full range 0..255.
struct Video {
  std::vector<uint8_t> pixels;
  size_t frames = 0;
  size_t height = 0;
  size_t width = 0;
  double fps = 0;
  std::vector<double> times_s;  // [T] presentation times, the first frame of the file at 0

  [[nodiscard]] size_t frame_bytes() const { return height * width * 3; }
  [[nodiscard]] std::span<const uint8_t> frame(size_t index) const {
    return std::span(pixels).subspan(index * frame_bytes(), frame_bytes());
  }
};

}  // namespace vidbench::media
