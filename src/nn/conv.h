// Convolutions prepared for inference: normalisation folded in, weights laid out once, activation in the same
// pass; and the normalisation that cannot be folded in.
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <string>
#include <vector>

#include "nn/state_reader.h"

namespace vidbench::nn {

using Size2 = std::array<int64_t, 2>;  // height, width
using Size3 = std::array<int64_t, 3>;  // time, height, width

// A convolution whose weight lies in the layout that oneDNN prefers for the size of its input; another size
// costs a new layout. Elsewhere than on a CPU it is at::convolution.
class PreparedConv {
 public:
  PreparedConv() = default;
  // weight [out, in, kernel…] and bias [out], which may be undefined, in any floating type; they are kept as
  // `type` on `device`. `stride` has one number an axis of the kernel.
  PreparedConv(const at::Tensor& weight, const at::Tensor& bias, at::IntArrayRef stride, bool relu,
               at::ScalarType type, at::Device device);
  // x [N, in, …], channels last; `padding` zeros before and behind each axis. One thread at a time.
  [[nodiscard]] at::Tensor operator()(const at::Tensor& x, at::IntArrayRef padding);
  [[nodiscard]] const at::Tensor& weight() const { return weight_; }
  [[nodiscard]] const std::vector<int64_t>& stride() const { return stride_; }

 private:
  at::Tensor weight_, bias_;
  std::vector<int64_t> stride_;
  bool relu_ = false;
  at::Tensor packed_;
  std::vector<int64_t> packed_for_;  // x's size and the padding
};

// Two-dimensional, padding as PyTorch's. One thread at a time.
class Conv2d {
 public:
  Conv2d() = default;
  // weight [out, in, kh, kw] and bias [out] or undefined, in any floating type; kept as `type` on `device`.
  Conv2d(const at::Tensor& weight, const at::Tensor& bias, Size2 stride, Size2 padding, bool relu,
         at::ScalarType type, at::Device device)
      : conv_(weight, bias, stride, relu, type, device), padding_(padding) {}

  [[nodiscard]] int64_t inputs() const { return conv_.weight().size(1); }
  [[nodiscard]] int64_t outputs() const { return conv_.weight().size(0); }
  // x [N, C, H, W] of that type, on that device, channels last.
  [[nodiscard]] at::Tensor operator()(const at::Tensor& x) { return conv_(x, padding_); }

 private:
  PreparedConv conv_;
  Size2 padding_{0, 0};
};

struct Kernel {
  at::Tensor weight, bias;
};
// "<name>.weight" [outputs, inputs, kh, kw] and "<name>.bias" [outputs], in float on the CPU.
[[nodiscard]] Kernel read_kernel(const StateReader& state, const std::string& name, int64_t inputs,
                                 int64_t outputs, Size2 size);
// Padded so that only the stride makes the output smaller.
[[nodiscard]] Conv2d centred_conv(const Kernel& kernel, int64_t stride, bool relu,
                                  const NetworkOptions& options);

// [N, C, H, W] in the layout that Conv2d takes; the same tensor when it has it.
[[nodiscard]] at::Tensor channels_last(const at::Tensor& x);

// Each channel of a picture [1, C, H, W] with mean 0 and variance 1.
[[nodiscard]] at::Tensor instance_norm(const at::Tensor& x);

// Three-dimensional, padding as TensorFlow's SAME: the output has ceil(input / stride) values; what is uneven
// goes behind. One thread at a time.
class Conv3d {
 public:
  Conv3d() = default;
  // weight [out, in, kt, kh, kw] and bias [out] in any floating type; they are kept as `type` on `device`.
  Conv3d(const at::Tensor& weight, const at::Tensor& bias, Size3 stride, bool relu, at::ScalarType type,
         at::Device device)
      : conv_(weight, bias, stride, relu, type, device) {}

  [[nodiscard]] int64_t inputs() const { return conv_.weight().size(1); }
  [[nodiscard]] int64_t outputs() const { return conv_.weight().size(0); }
  // x [N, C, T, H, W] of that type, on that device, channels last.
  [[nodiscard]] at::Tensor operator()(const at::Tensor& x);

 private:
  PreparedConv conv_;
};

// Batch normalisation at inference, y = (x - mean) / sqrt(var + epsilon) * gamma + beta, as y = scale * x +
// shift. Reads "<name>.weight", ".bias", ".running_mean" and ".running_var".
struct FoldedNorm {
  at::Tensor scale, shift;  // [C] float
};
[[nodiscard]] FoldedNorm folded_norm(const StateReader& state, const std::string& name, int64_t channels,
                                     double epsilon);

// SAME padding, as (before, after), of one axis.
[[nodiscard]] std::array<int64_t, 2> same_padding(int64_t extent, int64_t kernel, int64_t stride);

// Max pooling of values that are not negative (after a ReLU), with SAME padding.
[[nodiscard]] at::Tensor max_pool_same(const at::Tensor& x, Size3 kernel, Size3 stride);

}  // namespace vidbench::nn
