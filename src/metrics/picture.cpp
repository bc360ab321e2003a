#include "metrics/picture.h"

#include <algorithm>
#include <functional>
#include <numeric>

namespace vidbench::metrics {

std::vector<float> luma(std::span<const uint8_t> rgb) {
  std::vector<float> values(rgb.size() / 3);
  for (size_t i = 0; i < values.size(); ++i) {
    const uint8_t* p = &rgb[3 * i];
    values[i] = 0.299F * static_cast<float>(p[0]) + 0.587F * static_cast<float>(p[1]) +
                0.114F * static_cast<float>(p[2]);
  }
  return values;
}

double mean_of_largest(std::vector<float>& values, double share) {
  const auto count = std::max<size_t>(1, static_cast<size_t>(share * static_cast<double>(values.size())));
  const auto end = values.begin() + static_cast<std::ptrdiff_t>(count);
  std::nth_element(values.begin(), end - 1, values.end(), std::greater<>());
  // Sorted, so that the sum does not depend on how the library partitions.
  std::sort(values.begin(), end);
  return std::accumulate(values.begin(), end, 0.0) / static_cast<double>(count);
}

float median(std::vector<float>& values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>((values.size() - 1) / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace vidbench::metrics
