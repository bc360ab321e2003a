#include "nn/lpips.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <string>

#include "base/error.h"
#include "nn/checkpoint.h"

namespace vidbench::nn {
namespace {

constexpr double kEpsilon = 1e-10;  // beside the norm of a feature

struct Layer {
  const char* name;
  int64_t outputs, kernel, stride, padding;
};
constexpr std::array<Layer, 5> kLayers = {{{"features.0", 64, 11, 4, 2},
                                           {"features.3", 192, 5, 1, 2},
                                           {"features.6", 384, 3, 1, 1},
                                           {"features.8", 256, 3, 1, 1},
                                           {"features.10", 256, 3, 1, 1}}};

// The distance of unit features [N, C, H, W], channels weighted, averaged over places.
at::Tensor distance(const at::Tensor& a, const at::Tensor& b, const at::Tensor& channels) {
  const auto unit = [](const at::Tensor& x) {
    return x / (x.square().sum(1, /*keepdim=*/true).sqrt_().add_(kEpsilon));
  };
  return unit(a).sub_(unit(b)).square_().mean({2, 3}).mv(channels);
}

}  // namespace

Lpips::Lpips(const std::filesystem::path& alexnet, const std::filesystem::path& channels,
             const NetworkOptions& options)
    : options_(options) {
  const c10::InferenceMode inference;
  const TensorFile network = load_checkpoint(alexnet);
  const TensorFile heads = load_checkpoint(channels);
  const StateReader network_state(network, alexnet, "AlexNet's", options);
  const StateReader head_state(heads, channels, "LPIPS' for AlexNet", options);
  int64_t inputs = 3;
  for (const Layer& layer : kLayers) {
    const std::string name = layer.name;
    const at::Tensor weight =
        network_state.float_tensor(name + ".weight", {layer.outputs, inputs, layer.kernel, layer.kernel});
    const at::Tensor bias = network_state.float_tensor(name + ".bias", {layer.outputs});
    layers_.emplace_back(weight, bias, Size2{layer.stride, layer.stride}, Size2{layer.padding, layer.padding},
                         /*relu=*/true, options.type, options.device);
    const std::string head = "lin" + std::to_string(channels_.size()) + ".model.1.weight";
    channels_.push_back(head_state.float_tensor(head, {1, layer.outputs, 1, 1}).flatten().to(options.device));
    inputs = layer.outputs;
  }
  const auto numbers = [&](const std::vector<float>& values) {
    return at::tensor(values).view({1, 3, 1, 1}).to(options.device);
  };
  shift_ = numbers({-.030F, -.088F, -.188F});
  scale_ = numbers({.458F, .448F, .450F});
}

at::Tensor Lpips::operator()(const at::Tensor& a, const at::Tensor& b) {
  if (a.dim() != 4 || a.size(1) != 3 || a.sizes() != b.sizes())
    throw Error(ErrorCode::kInternal, "LPIPS takes two equal batches of pictures [N, 3, H, W]");
  if (a.size(2) < kMinSide || a.size(3) < kMinSide)
    throw_input("LPIPS needs pictures of at least " + std::to_string(kMinSide) + " pixels on each side");
  const c10::InferenceMode inference;
  const int64_t count = a.size(0);
  at::Tensor x = at::cat({a, b}).to(options_.device).sub_(shift_).div_(scale_).to(options_.type);
  x = x.contiguous(at::MemoryFormat::ChannelsLast);
  at::Tensor sum = at::zeros({count}, at::TensorOptions(options_.device).dtype(at::kFloat));
  for (size_t i = 0; i < layers_.size(); ++i) {
    if (i == 1 || i == 2) x = at::max_pool2d(x, {3, 3}, {2, 2});
    x = layers_[i](x);
    const at::Tensor features = x.to(at::kFloat);
    sum += distance(features.narrow(0, 0, count), features.narrow(0, count, count), channels_[i]);
  }
  return sum.cpu();
}

}  // namespace vidbench::nn
