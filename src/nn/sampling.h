// Pictures and maps read between their pixels, and padded to sides that a network can halve.
#pragma once

#include <ATen/core/Tensor.h>

namespace vidbench::nn {

// (x, y) of each value of a map, [1, 2, H, W] float.
[[nodiscard]] at::Tensor positions(int64_t height, int64_t width, at::Device device);

// What `flow` [N, 2, H, W] (x, y in pixels) points at in `pictures` [N, C, H, W], bilinear; positions outside
// are moved to the border. Both float.
[[nodiscard]] at::Tensor warp(const at::Tensor& pictures, const at::Tensor& flow);

// Both sides of [N, C, H, W] times `factor`, bilinear with half-pixel centres, without antialiasing; they are
// whole numbers.
[[nodiscard]] at::Tensor resized(const at::Tensor& maps, double factor);

// Replicates the border of pictures [N, C, H, W] until height and width are multiples of a number, half of it
// on each side and what is odd behind, as RAFT's and AMT's own code does.
class ReplicationPadding {
 public:
  ReplicationPadding(int64_t height, int64_t width, int64_t multiple);
  // Float.
  [[nodiscard]] at::Tensor pad(const at::Tensor& pictures) const;
  // Cuts what pad() added off [N, C, H, W].
  [[nodiscard]] at::Tensor crop(const at::Tensor& padded) const;

 private:
  int64_t height_, width_, rows_, columns_;  // of the pictures; what is added
};

}  // namespace vidbench::nn
