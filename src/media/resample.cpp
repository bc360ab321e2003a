#include "media/resample.h"

#include <algorithm>
#include <cmath>

namespace vidbench::media {
namespace {

constexpr size_t kChannels = 3;
constexpr int kFractionBits = 32 - 8 - 2;  // of the fixed-point weights

double triangle(double x) { return std::max(0.0, 1.0 - std::abs(x)); }

double cubic(double x) {
  constexpr double a = -0.5;
  x = std::abs(x);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}

// For each value of the output: which values of the input it is made of, and how much of each.
struct Taps {
  struct Range {
    size_t first = 0, count = 0;
  };
  std::vector<Range> ranges;
  std::vector<int32_t> weights;  // [outputs, most]
  size_t most = 0;
};

Taps make_taps(size_t from, size_t to, Filter filter) {
  const double support = filter == Filter::kBilinear ? 1 : 2;
  const double scale = static_cast<double>(from) / static_cast<double>(to);
  const double stretch = std::max(scale, 1.0);
  const double reach = support * stretch;
  Taps taps;
  taps.most = static_cast<size_t>(std::ceil(reach)) * 2 + 1;
  taps.weights.assign(to * taps.most, 0);
  std::vector<double> exact(taps.most);
  for (size_t i = 0; i < to; ++i) {
    const double centre = (static_cast<double>(i) + 0.5) * scale;
    const auto first = static_cast<size_t>(std::max(centre - reach + 0.5, 0.0));
    const size_t end = std::min(static_cast<size_t>(centre + reach + 0.5), from);
    double sum = 0;
    for (size_t k = 0; k < end - first; ++k) {
      const double x = (static_cast<double>(first + k) - centre + 0.5) * (1 / stretch);
      exact[k] = filter == Filter::kBilinear ? triangle(x) : cubic(x);
      sum += exact[k];
    }
    for (size_t k = 0; k < end - first; ++k) {
      const double fixed = exact[k] / sum * (1 << kFractionBits);
      taps.weights[i * taps.most + k] = static_cast<int32_t>(fixed + (fixed < 0 ? -0.5 : 0.5));
    }
    taps.ranges.push_back({first, end - first});
  }
  return taps;
}

uint8_t to_byte(int32_t fixed) { return static_cast<uint8_t>(std::clamp(fixed >> kFractionBits, 0, 255)); }

// [H, W, 3] -> [H, taps, 3].
std::vector<uint8_t> across(std::span<const uint8_t> rgb, size_t height, size_t width, const Taps& taps) {
  const size_t to = taps.ranges.size();
  std::vector<uint8_t> out(height * to * kChannels);
  for (size_t y = 0; y < height; ++y) {
    const uint8_t* row = rgb.data() + y * width * kChannels;
    for (size_t i = 0; i < to; ++i) {
      const auto [first, count] = taps.ranges[i];
      const int32_t* weights = taps.weights.data() + i * taps.most;
      int32_t sums[kChannels] = {1 << (kFractionBits - 1), 1 << (kFractionBits - 1),
                                 1 << (kFractionBits - 1)};
      for (size_t k = 0; k < count; ++k)
        for (size_t c = 0; c < kChannels; ++c) sums[c] += row[(first + k) * kChannels + c] * weights[k];
      for (size_t c = 0; c < kChannels; ++c) out[(y * to + i) * kChannels + c] = to_byte(sums[c]);
    }
  }
  return out;
}

// [H, W, 3] -> [taps, W, 3], row by row.
std::vector<uint8_t> down(std::span<const uint8_t> rgb, size_t width, const Taps& taps) {
  const size_t row_bytes = width * kChannels;
  std::vector<uint8_t> out(taps.ranges.size() * row_bytes);
  std::vector<int32_t> sums(row_bytes);
  for (size_t i = 0; i < taps.ranges.size(); ++i) {
    const auto [first, count] = taps.ranges[i];
    std::fill(sums.begin(), sums.end(), 1 << (kFractionBits - 1));
    for (size_t k = 0; k < count; ++k) {
      const int32_t weight = taps.weights[i * taps.most + k];
      const uint8_t* row = rgb.data() + (first + k) * row_bytes;
      for (size_t x = 0; x < row_bytes; ++x) sums[x] += row[x] * weight;
    }
    for (size_t x = 0; x < row_bytes; ++x) out[i * row_bytes + x] = to_byte(sums[x]);
  }
  return out;
}

}  // namespace

std::vector<uint8_t> resample(std::span<const uint8_t> rgb, size_t from_height, size_t from_width,
                              size_t height, size_t width, Filter filter) {
  std::vector<uint8_t> wide;
  if (width != from_width) {
    wide = across(rgb, from_height, from_width, make_taps(from_width, width, filter));
    rgb = wide;
  }
  if (height != from_height) return down(rgb, width, make_taps(from_height, height, filter));
  return {rgb.begin(), rgb.end()};
}

}  // namespace vidbench::media
