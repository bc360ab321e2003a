#include "nn/sampling.h"

#include <ATen/ATen.h>

#include <cmath>
#include <vector>

namespace vidbench::nn {

at::Tensor positions(int64_t height, int64_t width, at::Device device) {
  const auto options = at::TensorOptions(at::kFloat).device(device);
  const std::vector<at::Tensor> grids =
      at::meshgrid({at::arange(height, options), at::arange(width, options)}, "ij");
  return at::stack({grids[1], grids[0]}).unsqueeze(0);
}

at::Tensor warp(const at::Tensor& pictures, const at::Tensor& flow) {
  const int64_t height = flow.size(2), width = flow.size(3);
  const at::Tensor x = flow.select(1, 0) + at::arange(width, flow.options());
  const at::Tensor y = flow.select(1, 1) + at::arange(height, flow.options()).unsqueeze(1);
  const at::Tensor grid = at::stack(
      {x * (2.0 / static_cast<double>(width - 1)) - 1, y * (2.0 / static_cast<double>(height - 1)) - 1}, 3);
  return at::grid_sampler_2d(pictures, grid, /*bilinear*/ 0, /*border*/ 1, /*align_corners=*/true);
}

at::Tensor resized(const at::Tensor& maps, double factor) {
  const auto side = [factor](int64_t old) { return std::llround(static_cast<double>(old) * factor); };
  return at::upsample_bilinear2d(maps, {side(maps.size(2)), side(maps.size(3))}, /*align_corners=*/false,
                                 factor, factor);
}

ReplicationPadding::ReplicationPadding(int64_t height, int64_t width, int64_t multiple)
    : height_(height),
      width_(width),
      rows_((multiple - height % multiple) % multiple),
      columns_((multiple - width % multiple) % multiple) {}

at::Tensor ReplicationPadding::pad(const at::Tensor& pictures) const {
  const int64_t top = rows_ / 2, left = columns_ / 2;
  return at::replication_pad2d(pictures.to(at::kFloat), {left, columns_ - left, top, rows_ - top});
}

at::Tensor ReplicationPadding::crop(const at::Tensor& padded) const {
  return padded.narrow(2, rows_ / 2, height_).narrow(3, columns_ / 2, width_);
}

}  // namespace vidbench::nn
