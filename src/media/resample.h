// Resizing of 8-bit pictures exactly as other programs do it, first as Pillow does (Pillow's "Resample.c":
// convolution with an antialiased kernel in fixed point, the horizontal pass rounded to bytes before the
// vertical one). Many reference metrics prepare their input with it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace vidbench::media {

enum class Filter {
  kBilinear,  // a triangle
  kBicubic,   // Keys' cubic with a = -0.5
};

// rgb [H, W, 3] -> [height, width, 3], the same bytes as PIL.Image.resize. Extents are at least 1.
// Thread-safe.
[[nodiscard]] std::vector<uint8_t> resample(std::span<const uint8_t> rgb, size_t from_height,
                                            size_t from_width, size_t height, size_t width, Filter filter);

// The same bytes as OpenCV's cv::resize with INTER_LINEAR (resize.cpp of 4.x and 5.0): half-pixel centres, no
// antialiasing, weights of 11 bits. Extents are at least 1. Thread-safe.
[[nodiscard]] std::vector<uint8_t> opencv_bilinear(std::span<const uint8_t> rgb, size_t from_height,
                                                   size_t from_width, size_t height, size_t width);

}  // namespace vidbench::media
