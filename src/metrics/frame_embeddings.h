// Vectors that stand for frames, and what is measured between them.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace vidbench::metrics {

// One vector a frame, row by row.
struct FrameEmbeddings {
  size_t width = 0;
  std::vector<float> values;  // [T, width]

  [[nodiscard]] size_t frames() const { return width == 0 ? 0 : values.size() / width; }
  [[nodiscard]] std::span<const float> frame(size_t t) const {
    return std::span(values).subspan(t * width, width);
  }
};

// 0 when a vector is 0.
[[nodiscard]] double cosine(std::span<const float> a, std::span<const float> b);

// Mean cosine of consecutive frames; at least two frames.
[[nodiscard]] double consecutive_consistency(const FrameEmbeddings& frames);

// VBench's formula for subject and background consistency: the mean, over the frames from the second on, of
// the mean of max(0, cosine with the frame before) and max(0, cosine with the first frame); at least two
// frames.
[[nodiscard]] double vbench_consistency(const FrameEmbeddings& frames);

}  // namespace vidbench::metrics
