#include "nn/conv.h"

#include <ATen/ATen.h>
#include <ATen/core/dispatch/Dispatcher.h>

#include <algorithm>

namespace vidbench::nn {
namespace {

// Per axis of x [N, C, T, H, W]: what SAME puts before and after.
std::array<std::array<int64_t, 2>, 3> paddings(const at::Tensor& x, Size3 kernel, Size3 stride) {
  std::array<std::array<int64_t, 2>, 3> result{};
  for (size_t axis = 0; axis < 3; ++axis)
    result[axis] = same_padding(x.size(static_cast<int64_t>(axis) + 2), kernel[axis], stride[axis]);
  return result;
}

at::Tensor padded(const at::Tensor& x, const std::array<std::array<int64_t, 2>, 3>& padding) {
  return at::constant_pad_nd(
      x, {padding[2][0], padding[2][1], padding[1][0], padding[1][1], padding[0][0], padding[0][1]}, 0);
}

// oneDNN's convolution with the activation fused, which PyTorch's compiler uses; it has no C++ function.
at::Tensor pointwise(const at::Tensor& x, const at::Tensor& weight, const std::optional<at::Tensor>& bias,
                     Size3 padding, Size3 stride, bool relu) {
  using Scalars = c10::List<std::optional<at::Scalar>>;
  static const auto op =
      c10::Dispatcher::singleton()
          .findSchemaOrThrow("mkldnn::_convolution_pointwise", "")
          .typed<at::Tensor(const at::Tensor&, const at::Tensor&, const std::optional<at::Tensor>&,
                            at::IntArrayRef, at::IntArrayRef, at::IntArrayRef, int64_t, std::string_view,
                            Scalars, std::optional<std::string_view>)>();
  return op.call(x, weight, bias, padding, stride, Size3{1, 1, 1}, 1, relu ? "relu" : "none", Scalars(),
                 std::nullopt);
}

at::Tensor packed_weight(const at::Tensor& weight, Size3 padding, Size3 stride, at::IntArrayRef input) {
  static const auto op = c10::Dispatcher::singleton()
                             .findSchemaOrThrow("mkldnn::_reorder_convolution_weight", "")
                             .typed<at::Tensor(const at::Tensor&, at::IntArrayRef, at::IntArrayRef,
                                               at::IntArrayRef, int64_t, at::OptionalIntArrayRef)>();
  return op.call(weight, padding, stride, Size3{1, 1, 1}, 1, input);
}

}  // namespace

std::array<int64_t, 2> same_padding(int64_t extent, int64_t kernel, int64_t stride) {
  const int64_t outputs = (extent + stride - 1) / stride;
  const int64_t total = std::max<int64_t>((outputs - 1) * stride + kernel - extent, 0);
  return {total / 2, total - total / 2};
}

Conv3d::Conv3d(const at::Tensor& weight, const at::Tensor& bias, Size3 stride, bool relu, at::ScalarType type,
               at::Device device)
    : weight_(weight.to(device, type).contiguous(at::MemoryFormat::ChannelsLast3d)),
      bias_(bias.to(device, type)),
      stride_(stride),
      relu_(relu) {}

at::Tensor Conv3d::with_onednn(const at::Tensor& x, Size3 padding) {
  if (!packed_.defined() || x.sizes() != at::IntArrayRef(packed_for_)) {
    packed_for_ = x.sizes().vec();
    packed_ = packed_weight(weight_, padding, stride_, packed_for_);
  }
  return pointwise(x, packed_, bias_, padding, stride_, relu_);
}

at::Tensor Conv3d::operator()(const at::Tensor& x) {
  const Size3 kernel = {weight_.size(2), weight_.size(3), weight_.size(4)};
  const auto padding = paddings(x, kernel, stride_);
  const bool even =
      std::all_of(padding.begin(), padding.end(), [](const auto& axis) { return axis[0] == axis[1]; });
  const Size3 inside = even ? Size3{padding[0][0], padding[1][0], padding[2][0]} : Size3{0, 0, 0};
  const at::Tensor input = even ? x : padded(x, padding);
  if (x.is_cpu() && at::globalContext().userEnabledMkldnn() && at::hasMKLDNN())
    return with_onednn(input, inside);
  const at::Tensor y = at::conv3d(input, weight_, bias_, stride_, inside);
  return relu_ ? y.relu_() : y;
}

FoldedNorm folded_norm(const TensorFile& file, const std::string& name, double epsilon,
                       const std::filesystem::path& path) {
  const at::Tensor scale = require_float(file, name + ".weight", path) *
                           at::rsqrt(require_float(file, name + ".running_var", path) + epsilon);
  return {scale, require_float(file, name + ".bias", path) -
                     require_float(file, name + ".running_mean", path) * scale};
}

at::Tensor max_pool_same(const at::Tensor& x, Size3 kernel, Size3 stride) {
  const auto padding = paddings(x, kernel, stride);
  Size3 front{};
  bool plain = true;
  for (size_t axis = 0; axis < 3; ++axis) {
    front[axis] = padding[axis][0];
    // One more behind than before is what rounding up gives.
    plain = plain && padding[axis][1] - padding[axis][0] <= 1 && 2 * front[axis] <= kernel[axis];
  }
  if (plain) return at::max_pool3d(x, kernel, stride, front, Size3{1, 1, 1}, /*ceil_mode=*/true);
  return at::max_pool3d(padded(x, padding), kernel, stride);
}

}  // namespace vidbench::nn
