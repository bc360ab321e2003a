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
                     at::IntArrayRef padding, at::IntArrayRef stride, bool relu) {
  using Scalars = c10::List<std::optional<at::Scalar>>;
  static const auto op =
      c10::Dispatcher::singleton()
          .findSchemaOrThrow("mkldnn::_convolution_pointwise", "")
          .typed<at::Tensor(const at::Tensor&, const at::Tensor&, const std::optional<at::Tensor>&,
                            at::IntArrayRef, at::IntArrayRef, at::IntArrayRef, int64_t, std::string_view,
                            Scalars, std::optional<std::string_view>)>();
  return op.call(x, weight, bias, padding, stride, std::vector<int64_t>(stride.size(), 1), 1,
                 relu ? "relu" : "none", Scalars(), std::nullopt);
}

at::Tensor packed_weight(const at::Tensor& weight, at::IntArrayRef padding, at::IntArrayRef stride,
                         at::IntArrayRef input) {
  static const auto op = c10::Dispatcher::singleton()
                             .findSchemaOrThrow("mkldnn::_reorder_convolution_weight", "")
                             .typed<at::Tensor(const at::Tensor&, at::IntArrayRef, at::IntArrayRef,
                                               at::IntArrayRef, int64_t, at::OptionalIntArrayRef)>();
  return op.call(weight, padding, stride, std::vector<int64_t>(stride.size(), 1), 1, input);
}

at::MemoryFormat memory_format(const at::Tensor& x) {
  return x.dim() == 5 ? at::MemoryFormat::ChannelsLast3d : at::MemoryFormat::ChannelsLast;
}

}  // namespace

std::array<int64_t, 2> same_padding(int64_t extent, int64_t kernel, int64_t stride) {
  const int64_t outputs = (extent + stride - 1) / stride;
  const int64_t total = std::max<int64_t>((outputs - 1) * stride + kernel - extent, 0);
  return {total / 2, total - total / 2};
}

PreparedConv::PreparedConv(const at::Tensor& weight, const at::Tensor& bias, at::IntArrayRef stride,
                           bool relu, at::ScalarType type, at::Device device)
    : weight_(weight.to(device, type).contiguous(memory_format(weight))),
      bias_(bias.defined() ? bias.to(device, type) : bias),
      stride_(stride.vec()),
      relu_(relu) {}

at::Tensor PreparedConv::operator()(const at::Tensor& x, at::IntArrayRef padding) {
  const std::optional<at::Tensor> bias = bias_.defined() ? std::optional(bias_) : std::nullopt;
  if (!x.is_cpu() || !at::globalContext().userEnabledMkldnn() || !at::hasMKLDNN()) {
    const std::vector<int64_t> ones(stride_.size(), 1), zeros(stride_.size(), 0);
    const at::Tensor y = at::convolution(x, weight_, bias, stride_, padding, ones, false, zeros, 1);
    return relu_ ? y.relu_() : y;
  }
  std::vector<int64_t> wanted = x.sizes().vec();
  wanted.insert(wanted.end(), padding.begin(), padding.end());
  if (packed_for_ != wanted) {
    packed_ = packed_weight(weight_, padding, stride_, x.sizes());
    packed_for_ = std::move(wanted);
  }
  return pointwise(x, packed_, bias, padding, stride_, relu_);
}

Kernel read_kernel(const StateReader& state, const std::string& name, int64_t inputs, int64_t outputs,
                   Size2 size) {
  return {state.float_tensor(name + ".weight", {outputs, inputs, size[0], size[1]}),
          state.float_tensor(name + ".bias", {outputs})};
}

Conv2d centred_conv(const Kernel& kernel, int64_t stride, bool relu, const NetworkOptions& options) {
  return {
      kernel.weight, kernel.bias,  {stride, stride}, {kernel.weight.size(2) / 2, kernel.weight.size(3) / 2},
      relu,          options.type, options.device};
}

at::Tensor channels_last(const at::Tensor& x) { return x.contiguous(at::MemoryFormat::ChannelsLast); }

at::Tensor instance_norm(const at::Tensor& x) {
  constexpr double kEpsilon = 1e-5;
  // With one picture it is a batch normalisation in training, whose kernel knows channels last.
  return at::batch_norm(x, {}, {}, {}, {}, /*training=*/true, /*momentum=*/0, kEpsilon,
                        /*cudnn_enabled=*/true);
}

at::Tensor Conv3d::operator()(const at::Tensor& x) {
  const at::Tensor& weight = conv_.weight();
  const Size3 stride = {conv_.stride()[0], conv_.stride()[1], conv_.stride()[2]};
  const auto padding = paddings(x, {weight.size(2), weight.size(3), weight.size(4)}, stride);
  const bool even =
      std::all_of(padding.begin(), padding.end(), [](const auto& axis) { return axis[0] == axis[1]; });
  if (even) return conv_(x, Size3{padding[0][0], padding[1][0], padding[2][0]});
  return conv_(padded(x, padding), Size3{0, 0, 0});
}

FoldedNorm folded_norm(const StateReader& state, const std::string& name, int64_t channels, double epsilon) {
  const auto part = [&](const char* which) { return state.float_tensor(name + which, {channels}); };
  const at::Tensor scale = part(".weight") * at::rsqrt(part(".running_var") + epsilon);
  return {scale, part(".bias") - part(".running_mean") * scale};
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
