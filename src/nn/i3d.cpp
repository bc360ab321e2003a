#include "nn/i3d.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "base/error.h"
#include "nn/checkpoint.h"

namespace vidbench::nn {
namespace {

constexpr std::array<const char*, 9> kMixed = {"Mixed_3b", "Mixed_3c", "Mixed_4b", "Mixed_4c", "Mixed_4d",
                                               "Mixed_4e", "Mixed_4f", "Mixed_5b", "Mixed_5c"};

// Reads the units of the network out of its state dict; each must take the channels that the one before
// gives.
class Reader {
 public:
  Reader(const std::filesystem::path& path, const NetworkOptions& options, double epsilon)
      : file_(load_checkpoint(path)), state_(file_, path, "I3D's", options), epsilon_(epsilon) {}

  // Convolution, batch normalisation, ReLU.
  Conv3d unit(const std::string& name, int64_t inputs, Size3 kernel, Size3 stride = {1, 1, 1}) const {
    const at::Tensor weight = kernel_of(name, inputs, -1, kernel);
    const FoldedNorm norm = folded_norm(state_, name + ".bn", weight.size(0), epsilon_);
    return prepared(weight * norm.scale.view({-1, 1, 1, 1, 1}), norm.shift, stride, /*relu=*/true,
                    state_.options().type);
  }
  Conv3d logits(int64_t inputs) const {
    const at::Tensor weight = kernel_of("logits", inputs, I3d::kClasses, {1, 1, 1});
    return prepared(weight, state_.float_tensor("logits.conv3d.bias", {I3d::kClasses}), {1, 1, 1},
                    /*relu=*/false, at::kFloat);
  }

 private:
  at::Tensor kernel_of(const std::string& name, int64_t inputs, int64_t outputs, Size3 kernel) const {
    return state_.float_tensor(name + ".conv3d.weight", {outputs, inputs, kernel[0], kernel[1], kernel[2]});
  }
  Conv3d prepared(const at::Tensor& weight, const at::Tensor& bias, Size3 stride, bool relu,
                  at::ScalarType type) const {
    return {weight, bias, stride, relu, type, state_.options().device};
  }

  TensorFile file_;
  StateReader state_;
  double epsilon_;
};

}  // namespace

I3d::I3d(const std::filesystem::path& weights, const NetworkOptions& options, double epsilon)
    : options_(options) {
  const c10::InferenceMode inference;
  const Reader reader(weights, options, epsilon);
  constexpr Size3 kOne = {1, 1, 1};
  constexpr Size3 kThree = {3, 3, 3};
  conv1a_ = reader.unit("Conv3d_1a_7x7", 3, {7, 7, 7}, {2, 2, 2});
  conv2b_ = reader.unit("Conv3d_2b_1x1", conv1a_.outputs(), kOne);
  conv2c_ = reader.unit("Conv3d_2c_3x3", conv2b_.outputs(), kThree);
  int64_t channels = conv2c_.outputs();
  for (const std::string name : kMixed) {
    Mixed block;
    block.b0 = reader.unit(name + ".b0", channels, kOne);
    block.b1a = reader.unit(name + ".b1a", channels, kOne);
    block.b1b = reader.unit(name + ".b1b", block.b1a.outputs(), kThree);
    block.b2a = reader.unit(name + ".b2a", channels, kOne);
    block.b2b = reader.unit(name + ".b2b", block.b2a.outputs(), kThree);
    block.b3b = reader.unit(name + ".b3b", channels, kOne);
    channels = block.b0.outputs() + block.b1b.outputs() + block.b2b.outputs() + block.b3b.outputs();
    mixed_.push_back(std::move(block));
  }
  logits_ = reader.logits(channels);
}

at::Tensor I3d::mix(Mixed& block, const at::Tensor& x) {
  return at::cat({block.b0(x), block.b1b(block.b1a(x)), block.b2b(block.b2a(x)),
                  block.b3b(max_pool_same(x, {3, 3, 3}, {1, 1, 1}))},
                 1);
}

at::Tensor I3d::logits(const at::Tensor& clips) {
  if (clips.dim() != 5 || clips.size(1) != 3 || clips.size(3) != kSide || clips.size(4) != kSide)
    throw Error(ErrorCode::kInternal, "I3D takes clips [N, 3, T, 224, 224]");
  if (clips.size(2) < kMinFrames)
    throw_input("I3D needs at least " + std::to_string(kMinFrames) + " frames, the clip has " +
                std::to_string(clips.size(2)));
  const c10::InferenceMode inference;
  at::Tensor x = clips.to(options_.device, options_.type).contiguous(at::MemoryFormat::ChannelsLast3d);
  x = max_pool_same(conv1a_(x), {1, 3, 3}, {1, 2, 2});
  x = max_pool_same(conv2c_(conv2b_(x)), {1, 3, 3}, {1, 2, 2});
  for (size_t i = 0; i < mixed_.size(); ++i) {
    if (i == 2) x = max_pool_same(x, {3, 3, 3}, {2, 2, 2});
    if (i == 7) x = max_pool_same(x, {2, 2, 2}, {2, 2, 2});
    x = mix(mixed_[i], x);
  }
  x = at::avg_pool3d(x.to(at::kFloat), {2, 7, 7}, {1, 1, 1});
  return logits_(x).mean({2, 3, 4}).cpu();
}

at::Tensor i3d_clip(const at::Tensor& frames) {
  const c10::InferenceMode inference;
  const int64_t length = frames.size(0);
  const at::Tensor pictures = frames.permute({0, 3, 1, 2}).to(at::kFloat);  // channels last in memory
  const at::Tensor resized = at::upsample_bilinear2d(pictures, {I3d::kSide, I3d::kSide},
                                                     /*align_corners=*/false, std::nullopt, std::nullopt);
  return resized.mul(2.0 / 255)
      .sub(1)
      .permute({1, 0, 2, 3})
      .unsqueeze(0)
      .view({1, 3, length, I3d::kSide, I3d::kSide});
}

}  // namespace vidbench::nn
