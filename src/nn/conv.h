// Three-dimensional convolutions prepared for inference: normalisation folded in, weights laid out once,
// activation in the same pass.
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <filesystem>
#include <string>
#include <vector>

#include "nn/safetensors.h"

namespace vidbench::nn {

using Size3 = std::array<int64_t, 3>;  // time, height, width

// Padding as TensorFlow's SAME: the output has ceil(input / stride) values; what is uneven goes behind. On a
// CPU oneDNN keeps the weight in the layout that it prefers for the input's size; another size costs a new
// layout. One thread at a time.
class Conv3d {
 public:
  Conv3d() = default;
  // weight [out, in, kt, kh, kw] and bias [out] in any floating type; they are kept as `type` on `device`.
  Conv3d(const at::Tensor& weight, const at::Tensor& bias, Size3 stride, bool relu, at::ScalarType type,
         at::Device device);

  [[nodiscard]] int64_t inputs() const { return weight_.size(1); }
  [[nodiscard]] int64_t outputs() const { return weight_.size(0); }
  // x [N, C, T, H, W] of that type, on that device, channels last.
  [[nodiscard]] at::Tensor operator()(const at::Tensor& x);

 private:
  [[nodiscard]] at::Tensor with_onednn(const at::Tensor& x, Size3 padding);

  at::Tensor weight_, bias_;
  Size3 stride_{1, 1, 1};
  bool relu_ = false;
  at::Tensor packed_;
  std::vector<int64_t> packed_for_;  // x's size
};

// Batch normalisation at inference, y = (x - mean) / sqrt(var + epsilon) * gamma + beta, as y = scale * x +
// shift. Reads "<name>.weight", ".bias", ".running_mean" and ".running_var" of the file.
struct FoldedNorm {
  at::Tensor scale, shift;  // [C] float
};
[[nodiscard]] FoldedNorm folded_norm(const TensorFile& file, const std::string& name, double epsilon,
                                     const std::filesystem::path& path);

// SAME padding, as (before, after), of one axis.
[[nodiscard]] std::array<int64_t, 2> same_padding(int64_t extent, int64_t kernel, int64_t stride);

// Max pooling of values that are not negative (after a ReLU), with SAME padding.
[[nodiscard]] at::Tensor max_pool_same(const at::Tensor& x, Size3 kernel, Size3 stride);

}  // namespace vidbench::nn
