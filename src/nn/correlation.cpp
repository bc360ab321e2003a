#include "nn/correlation.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace vidbench::nn {
namespace {

// Of the correlation of one value of map 1 with all levels of map 2.
int64_t bytes_a_query(int64_t height, int64_t width) {
  int64_t values = 0;
  for (int64_t level = 0; level < Correlation::kLevels; ++level)
    values += (height >> level) * (width >> level);
  return values * static_cast<int64_t>(sizeof(float));
}

// [1, (2 · radius + 1)², 2]: all pairs of offsets, x changing slowest.
at::Tensor window_offsets(int64_t radius, const at::TensorOptions& options) {
  const at::Tensor steps = at::arange(-radius, radius + 1, options);
  const std::vector<at::Tensor> grids = at::meshgrid({steps, steps}, "ij");
  return at::stack({grids[0].reshape(-1), grids[1].reshape(-1)}, 1).unsqueeze(0);
}

}  // namespace

Correlation::Correlation(const at::Tensor& first, const at::Tensor& second, int64_t radius, int64_t max_bytes)
    : height_(first.size(2)), width_(first.size(3)), side_(2 * radius + 1) {
  if (first.sizes() != second.sizes() || std::min(height_, width_) < kMinSide)
    throw Error(ErrorCode::kInternal, "a correlation takes two maps of one size, at least 16x16");
  const double channels = static_cast<double>(first.size(1));
  first_ = first.flatten(2).transpose(1, 2).contiguous() / std::sqrt(channels);
  const at::Tensor window = window_offsets(radius, first.options());
  at::Tensor map = second;
  for (int64_t l = 0; l < kLevels; ++l) {
    // The mean of correlations is the correlation with the mean.
    if (l > 0) map = at::avg_pool2d(map, {2, 2}, {2, 2});
    Level level{map.flatten(2).contiguous(), {}, {}, map.size(2), map.size(3)};
    // grid_sampler's positions run from -1 to 1 over the map.
    const at::Tensor unit =
        at::tensor({2.0 / static_cast<double>(level.width - 1), 2.0 / static_cast<double>(level.height - 1)},
                   first.options());
    level.scale = unit / static_cast<double>(int64_t{1} << l);
    level.offsets = window * unit - 1;
    levels_.push_back(std::move(level));
  }
  const int64_t queries = height_ * width_;
  const int64_t bytes = bytes_a_query(height_, width_) * first.size(0);
  block_ = std::clamp<int64_t>(max_bytes / bytes, 1, queries);
  if (block_ == queries) kept_ = volumes(0, queries);
}

int64_t Correlation::pairs_within(int64_t height, int64_t width, int64_t max_bytes) {
  return std::max<int64_t>(1, max_bytes / (bytes_a_query(height, width) * height * width));
}

std::vector<at::Tensor> Correlation::volumes(int64_t begin, int64_t count) const {
  const at::Tensor queries = first_.narrow(1, begin, count);
  std::vector<at::Tensor> result;
  for (const Level& level : levels_)
    result.push_back(at::bmm(queries, level.features).view({-1, 1, level.height, level.width}));
  return result;
}

at::Tensor Correlation::lookup(const at::Tensor& centres) const {
  const int64_t pairs = centres.size(0);
  const int64_t queries = height_ * width_;
  const at::Tensor positions = centres.flatten(2).transpose(1, 2);  // [N, H·W, 2]
  std::vector<at::Tensor> blocks;
  for (int64_t begin = 0; begin < queries; begin += block_) {
    const int64_t count = std::min(block_, queries - begin);
    const std::vector<at::Tensor> made = kept_.empty() ? volumes(begin, count) : kept_;
    const at::Tensor centre = positions.narrow(1, begin, count).reshape({-1, 1, 2});
    std::vector<at::Tensor> samples;
    for (size_t l = 0; l < levels_.size(); ++l) {
      const at::Tensor grid = at::addcmul(levels_[l].offsets, centre, levels_[l].scale);
      samples.push_back(at::grid_sampler_2d(made[l], grid.view({-1, side_, side_, 2}), /*bilinear*/ 0,
                                            /*zeros outside*/ 0, /*align_corners=*/true)
                            .view({pairs, count, side_ * side_}));
    }
    blocks.push_back(at::cat(samples, 2));
  }
  const at::Tensor all = blocks.size() == 1 ? blocks.front() : at::cat(blocks, 1);
  return all.view({pairs, height_, width_, -1}).permute({0, 3, 1, 2});
}

}  // namespace vidbench::nn
