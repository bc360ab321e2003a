#include "metrics/similarity.h"

#include <algorithm>
#include <array>
#include <cmath>

// For each instruction set the widest vectors; without contraction (CMakeLists.txt) all give the same values.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define VIDBENCH_VECTORISED __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define VIDBENCH_VECTORISED
#endif

namespace vidbench::metrics {
namespace {

constexpr size_t kRadius = kWindow / 2;
constexpr double kDeviation = 1.5;
constexpr double kC1 = (0.01 * 255) * (0.01 * 255);
constexpr double kC2 = (0.03 * 255) * (0.03 * 255);

// The middle weight first, then those at distance 1..5; the window is symmetric.
using Weights = std::array<double, kRadius + 1>;
const Weights& weights() {
  static const Weights values = [] {
    Weights result{};
    double sum = 0;
    for (size_t i = 0; i <= kRadius; ++i) {
      const auto distance = static_cast<double>(i);
      result[i] = std::exp(-0.5 * distance * distance / (kDeviation * kDeviation));
      sum += (i == 0 ? 1 : 2) * result[i];
    }
    for (double& value : result) value /= sum;
    return result;
  }();
  return values;
}

// Of the sum s and the difference d of two pictures: the local means of s, d, s² and d². With
//   E[s]² - E[d]² = 4 µa µb,  E[s]² + E[d]² = 2 (µa² + µb²), and the variances likewise,
// four filtered pictures do what five of a, b, a², b² and ab would.
constexpr size_t kMaps = 4;
using MapRows = std::array<std::vector<double>, kMaps>;

VIDBENCH_VECTORISED
void fill_maps(const float* __restrict a, const float* __restrict b, size_t n, double* __restrict s,
               double* __restrict d, double* __restrict ss, double* __restrict dd) {
  for (size_t i = 0; i < n; ++i) {
    const double x = a[i];
    const double y = b[i];
    s[i] = x + y;
    d[i] = x - y;
    ss[i] = s[i] * s[i];
    dd[i] = d[i] * d[i];
  }
}

// out[i] = weighted sum of in[i], in[i ± step], …; `in` is the middle of what is there on both sides.
VIDBENCH_VECTORISED
void filter(const double* __restrict in, size_t n, std::ptrdiff_t step, const Weights& w,
            double* __restrict out) {
  for (size_t i = 0; i < n; ++i) {
    const double* x = in + i;
    out[i] = w[0] * x[0] + w[1] * (x[-step] + x[step]) + w[2] * (x[-2 * step] + x[2 * step]) +
             w[3] * (x[-3 * step] + x[3 * step]) + w[4] * (x[-4 * step] + x[4 * step]) +
             w[5] * (x[-5 * step] + x[5 * step]);
  }
}

// The same across rows; rows[kRadius] is the middle one.
VIDBENCH_VECTORISED
void filter_across(const std::array<const double*, kWindow>& rows, size_t n, const Weights& w,
                   double* __restrict out) {
  const auto [r0, r1, r2, r3, r4, r5, r6, r7, r8, r9, r10] = rows;
  for (size_t i = 0; i < n; ++i)
    out[i] = w[0] * r5[i] + w[1] * (r4[i] + r6[i]) + w[2] * (r3[i] + r7[i]) + w[3] * (r2[i] + r8[i]) +
             w[4] * (r1[i] + r9[i]) + w[5] * (r0[i] + r10[i]);
}

// SSIM and its contrast part at each place, from the local means.
VIDBENCH_VECTORISED
void compare(const double* __restrict s, const double* __restrict d, const double* __restrict ss,
             const double* __restrict dd, size_t n, double* __restrict ssim, double* __restrict contrast) {
  for (size_t i = 0; i < n; ++i) {
    const double s2 = s[i] * s[i];
    const double d2 = d[i] * d[i];
    const double variance_s = ss[i] - s2;
    const double variance_d = dd[i] - d2;
    const double variances = 0.5 * (variance_s + variance_d);
    contrast[i] = (0.5 * (variance_s - variance_d) + kC2) / ((variances > 0 ? variances : 0) + kC2);
    ssim[i] = (0.5 * (s2 - d2) + kC1) / (0.5 * (s2 + d2) + kC1) * contrast[i];
  }
}

// The row or column that stands at `i` of a picture continued by reflection.
size_t reflected(std::ptrdiff_t i, size_t extent) {
  const auto last = static_cast<std::ptrdiff_t>(extent) - 1;
  if (i < 0) i = -i;
  if (i > last) i = 2 * last - i;
  return static_cast<size_t>(i);
}

// Walks down two pictures, keeping the horizontally filtered maps of the last 11 rows.
class Walk {
 public:
  Walk(const Plane& a, const Plane& b, Border border)
      : a_(a),
        b_(b),
        margin_(border == Border::kReflected ? kRadius : 0),
        outputs_(3 * (a.width + 2 * margin_ - 2 * kRadius)) {
    const size_t padded = 3 * (a.width + 2 * margin_);
    for (auto& row : line_) row.resize(padded);
    for (auto& slot : ring_)
      for (auto& row : slot) row.resize(outputs_);
    for (auto& row : mean_) row.resize(outputs_);
    ssim_.resize(outputs_);
    contrast_.resize(outputs_);
  }

  Similarity run() {
    const auto margin = static_cast<std::ptrdiff_t>(margin_);
    const auto end = static_cast<std::ptrdiff_t>(a_.height) + margin;
    Similarity sums;
    size_t rows = 0;
    size_t taken = 0;
    for (std::ptrdiff_t y = -margin; y < end; ++y) {
      take(reflected(y, a_.height), ring_[taken++ % kWindow]);
      if (taken < kWindow) continue;
      add(taken, sums);
      ++rows;
    }
    const auto count = static_cast<double>(rows * outputs_);
    return {sums.ssim / count, sums.contrast / count};
  }

 private:
  void take(size_t y, MapRows& into) {
    const size_t n = 3 * a_.width;
    const size_t left = 3 * margin_;
    fill_maps(a_.row(y), b_.row(y), n, &line_[0][left], &line_[1][left], &line_[2][left], &line_[3][left]);
    for (size_t map = 0; map < kMaps; ++map) {
      std::vector<double>& line = line_[map];
      for (size_t x = 1; x <= margin_; ++x) {
        std::copy_n(&line[left + 3 * x], 3, &line[left - 3 * x]);
        std::copy_n(&line[left + n - 3 - 3 * x], 3, &line[left + n - 3 + 3 * x]);
      }
      filter(&line[3 * kRadius], outputs_, 3, weights(), into[map].data());
    }
  }

  void add(size_t taken, Similarity& sums) {
    for (size_t map = 0; map < kMaps; ++map) {
      std::array<const double*, kWindow> rows{};
      for (size_t i = 0; i < kWindow; ++i) rows[i] = ring_[(taken + i) % kWindow][map].data();
      filter_across(rows, outputs_, weights(), mean_[map].data());
    }
    compare(mean_[0].data(), mean_[1].data(), mean_[2].data(), mean_[3].data(), outputs_, ssim_.data(),
            contrast_.data());
    double ssim = 0, contrast = 0;
    for (const double value : ssim_) ssim += value;
    for (const double value : contrast_) contrast += value;
    sums.ssim += ssim;
    sums.contrast += contrast;
  }

  const Plane& a_;
  const Plane& b_;
  size_t margin_, outputs_;
  MapRows line_, mean_;
  std::array<MapRows, kWindow> ring_;
  std::vector<double> ssim_, contrast_;
};

VIDBENCH_VECTORISED
uint32_t squared_error(const uint8_t* __restrict a, const uint8_t* __restrict b, size_t n) {
  uint32_t sum = 0;
  for (size_t i = 0; i < n; ++i) {
    const int difference = a[i] - b[i];
    sum += static_cast<uint32_t>(difference * difference);
  }
  return sum;
}

}  // namespace

double mean_squared_error(std::span<const uint8_t> a, std::span<const uint8_t> b) {
  constexpr size_t kBlock = 65536;  // 255² · 65536 fits 32 bits
  uint64_t sum = 0;
  for (size_t i = 0; i < a.size(); i += kBlock)
    sum += squared_error(&a[i], &b[i], std::min(kBlock, a.size() - i));
  return static_cast<double>(sum) / static_cast<double>(a.size());
}

Plane plane(std::span<const uint8_t> rgb, size_t height, size_t width) {
  return {{rgb.begin(), rgb.end()}, height, width};
}

Plane halved(const Plane& plane) {
  Plane half{{}, plane.height / 2, plane.width / 2};
  half.values.resize(half.height * half.width * 3);
  float* out = half.values.data();
  for (size_t y = 0; y < half.height; ++y) {
    const float* upper = plane.row(2 * y);
    const float* lower = plane.row(2 * y + 1);
    for (size_t x = 0; x < half.width; ++x)
      for (size_t c = 0; c < 3; ++c) {
        const size_t i = 6 * x + c;
        *out++ = 0.25F * (upper[i] + upper[i + 3] + lower[i] + lower[i + 3]);
      }
  }
  return half;
}

Similarity similarity(const Plane& a, const Plane& b, Border border) { return Walk(a, b, border).run(); }

double multi_scale_similarity(Plane a, Plane b) {
  constexpr std::array<double, 5> kExponents = {0.0448, 0.2856, 0.3001, 0.2363, 0.1333};
  double product = 1;
  for (size_t scale = 0; scale < kExponents.size(); ++scale) {
    const bool last = scale + 1 == kExponents.size();
    const Similarity found = similarity(a, b, last ? Border::kReflected : Border::kInside);
    product *= std::pow(std::max(0.0, last ? found.ssim : found.contrast), kExponents[scale]);
    if (last) break;
    a = halved(a);
    b = halved(b);
  }
  return product;
}

}  // namespace vidbench::metrics
