#include <algorithm>
#include <cmath>

#include "media/resample.h"

namespace vidbench::media {
namespace {

constexpr size_t kChannels = 3;
constexpr float kOne = 2048;  // of the fixed-point weights

// For each value of the output the two values of the input that it is made of, and how much of each.
struct Pair {
  size_t low = 0, high = 0;
  int32_t low_weight = 0, high_weight = 0;
};

// `clamped`: outside the outermost centres the outermost value alone counts, as OpenCV has it for columns.
// For rows it mixes the outermost row with itself, which rounding makes another number.
std::vector<Pair> make_pairs(size_t from, size_t to, bool clamped) {
  const double scale = 1.0 / (static_cast<double>(to) / static_cast<double>(from));
  const auto last = static_cast<int64_t>(from) - 1;
  std::vector<Pair> pairs(to);
  for (size_t i = 0; i < to; ++i) {
    const auto place = static_cast<float>((static_cast<double>(i) + 0.5) * scale - 0.5);
    auto low = static_cast<int64_t>(std::floor(place));
    float share = place - static_cast<float>(low);
    if (clamped && (low < 0 || low >= last)) {
      low = std::clamp<int64_t>(low, 0, last);
      share = 0;
    }
    const auto inside = [last](int64_t n) { return static_cast<size_t>(std::clamp<int64_t>(n, 0, last)); };
    pairs[i] = {inside(low), inside(low + 1), static_cast<int32_t>(std::lrint((1 - share) * kOne)),
                static_cast<int32_t>(std::lrint(share * kOne))};
  }
  return pairs;
}

// A row of the input, [W, 3] -> [pairs, 3], times 2048.
void across(std::span<const uint8_t> row, const std::vector<Pair>& pairs, std::vector<int32_t>& out) {
  for (size_t i = 0; i < pairs.size(); ++i) {
    const Pair& pair = pairs[i];
    for (size_t c = 0; c < kChannels; ++c)
      out[i * kChannels + c] =
          row[pair.low * kChannels + c] * pair.low_weight + row[pair.high * kChannels + c] * pair.high_weight;
  }
}

}  // namespace

std::vector<uint8_t> opencv_bilinear(std::span<const uint8_t> rgb, size_t from_height, size_t from_width,
                                     size_t height, size_t width) {
  const std::vector<Pair> columns = make_pairs(from_width, width, /*clamped=*/true);
  const std::vector<Pair> rows = make_pairs(from_height, height, /*clamped=*/false);
  const size_t row_bytes = from_width * kChannels;
  std::vector<int32_t> low(width * kChannels), high(width * kChannels);
  std::vector<uint8_t> out(height * width * kChannels);
  for (size_t y = 0; y < height; ++y) {
    const Pair& pair = rows[y];
    across(rgb.subspan(pair.low * row_bytes, row_bytes), columns, low);
    across(rgb.subspan(pair.high * row_bytes, row_bytes), columns, high);
    // OpenCV's order of shifts: it drops bits where a plain product of the weights would keep them.
    for (size_t x = 0; x < low.size(); ++x) {
      const int32_t sum =
          ((pair.low_weight * (low[x] >> 4)) >> 16) + ((pair.high_weight * (high[x] >> 4)) >> 16);
      out[y * low.size() + x] = static_cast<uint8_t>(std::clamp((sum + 2) >> 2, 0, 255));
    }
  }
  return out;
}

}  // namespace vidbench::media
