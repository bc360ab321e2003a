// Pixel arithmetic that several metrics share.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace vidbench::metrics {

// BT.601 luma 0.299 R + 0.587 G + 0.114 B of an RGB picture [H, W, 3]: [H, W], 0..255.
[[nodiscard]] std::vector<float> luma(std::span<const uint8_t> rgb);

// The mean of the largest `share` (0..1] of the values, at least one of them. Reorders `values`.
[[nodiscard]] double mean_of_largest(std::vector<float>& values, double share);

// The lower median. Reorders `values`.
[[nodiscard]] float median(std::vector<float>& values);

}  // namespace vidbench::metrics
