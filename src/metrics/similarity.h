// How alike two pictures are, pixel by pixel: squared error and structural similarity (Wang et al., IEEE
// Transactions on Image Processing 2004; over scales: Wang, Simoncelli & Bovik, Asilomar 2003).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace vidbench::metrics {

// Mean over all values; 0 for equal pictures. The sum is exact.
[[nodiscard]] double mean_squared_error(std::span<const uint8_t> a, std::span<const uint8_t> b);

// An RGB picture [height, width, 3] of 0..255.
struct Plane {
  std::vector<float> values;
  size_t height = 0, width = 0;

  [[nodiscard]] const float* row(size_t y) const { return &values[y * width * 3]; }
};
[[nodiscard]] Plane plane(std::span<const uint8_t> rgb, size_t height, size_t width);
// Means of 2x2 pixels; what is odd at the right and below is left out. Exact for the first 8 halvings.
[[nodiscard]] Plane halved(const Plane& plane);

// Where the Gaussian window (11x11, deviation 1.5) may lie: inside the picture, or everywhere on the picture
// continued by reflection about its outermost pixels.
enum class Border { kInside, kReflected };

// Means over pixels and channels; K1 0.01, K2 0.03, range 255, variances divided by N.
struct Similarity {
  double ssim = 0;
  double contrast = 0;  // contrast and structure alone
};
// Pictures of one size, at least kWindow on each side. Deterministic: the same values on every machine.
[[nodiscard]] Similarity similarity(const Plane& a, const Plane& b, Border border);
inline constexpr size_t kWindow = 11;

// Over 5 scales with the exponents of the paper, as torchmetrics 1.9 computes it: contrast inside the picture
// at each scale but the last, where it is SSIM with a reflected border; what is negative counts as 0.
// Pictures of at least kMultiScaleSide on each side.
[[nodiscard]] double multi_scale_similarity(Plane a, Plane b);
inline constexpr size_t kMultiScaleSide = 176;

}  // namespace vidbench::metrics
