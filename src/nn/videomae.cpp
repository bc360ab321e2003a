#include "nn/videomae.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "base/error.h"
#include "nn/checkpoint.h"

namespace vidbench::nn {
namespace {

constexpr double kEpsilon = 1e-6;
constexpr int64_t kHeadWidth = 88;

std::string prefix_of(const TensorFile& file) {
  for (const std::string prefix : {"model.", "module."})
    if (file.tensors.contains(prefix + "patch_embed.proj.weight")) return prefix;
  return "";
}

// [1, positions, width]: sines in even places, cosines in odd ones (Vaswani et al. 2017).
at::Tensor sinusoids(int64_t positions, int64_t width) {
  const at::Tensor place = at::arange(positions, at::kDouble).unsqueeze(1);
  const at::Tensor column = at::arange(width, at::kDouble);
  const at::Tensor exponent = at::floor(column / 2) * 2 / static_cast<double>(width);
  const at::Tensor angle = place / at::pow(10000.0, exponent);
  const at::Tensor even = at::remainder(column, 2).eq(0);
  return at::where(even, at::sin(angle), at::cos(angle)).unsqueeze(0);
}

}  // namespace

VideoMae::VideoMae(const std::filesystem::path& weights, const NetworkOptions& options) : options_(options) {
  const c10::InferenceMode inference;
  const TensorFile file = load_checkpoint(weights);
  const StateReader state(file, weights, "VideoMAE's", options);
  const std::string root = prefix_of(file);
  const std::string kernel_name = root + "patch_embed.proj.weight";
  const at::Tensor kernel = state.tensor(kernel_name, {-1, 3, -1, -1, -1});
  width_ = kernel.size(0);
  tubelet_ = kernel.size(2);
  patch_ = kernel.size(3);
  if (kernel.size(4) != patch_ || width_ % kHeadWidth != 0 || kFrames % tubelet_ != 0 || kSide % patch_ != 0)
    state.refuse(kernel_name);
  patches_ = kernel.reshape({width_, -1});
  patch_bias_ = state.tensor(root + "patch_embed.proj.bias", {width_});
  const int64_t grid = kSide / patch_;
  positions_ = sinusoids(kFrames / tubelet_ * grid * grid, width_).to(options.device, options.type);
  blocks_.resize(static_cast<size_t>(state.count(root + "blocks.", ".norm1.weight")));
  if (blocks_.empty()) (void)state.tensor(root + "blocks.0.norm1.weight", {width_});
  for (size_t i = 0; i < blocks_.size(); ++i) {
    const std::string name = root + "blocks." + std::to_string(i) + ".";
    EncoderBlock& block = blocks_[i];
    block.norm1 = read_layer_norm(state, name + "norm1", width_, kEpsilon);
    block.norm2 = read_layer_norm(state, name + "norm2", width_, kEpsilon);
    const at::Tensor queries = state.tensor(name + "attn.q_bias", {width_});
    const at::Tensor values = state.tensor(name + "attn.v_bias", {width_});
    block.qkv = {state.tensor(name + "attn.qkv.weight", {3 * width_, width_}),
                 at::cat({queries, at::zeros_like(queries), values})};
    block.out = read_linear(state, name + "attn.proj", width_, width_);
    block.fc1 = read_linear(state, name + "mlp.fc1", width_, -1);
    block.fc2 = read_linear(state, name + "mlp.fc2", block.fc1.weight.size(0), width_);
    block.heads = width_ / kHeadWidth;
  }
  norm_ = read_layer_norm(state, root + "fc_norm", width_, kEpsilon);
}

at::Tensor VideoMae::features(const at::Tensor& clips) const {
  if (clips.dim() != 5 || clips.size(1) != 3 || clips.size(2) != kFrames || clips.size(3) != kSide ||
      clips.size(4) != kSide)
    throw Error(ErrorCode::kInternal, "VideoMAE takes clips [N, 3, 16, 224, 224]");
  const c10::InferenceMode inference;
  const int64_t count = clips.size(0);
  const int64_t times = kFrames / tubelet_;
  const int64_t grid = kSide / patch_;
  const at::Tensor patches = clips.to(options_.device, options_.type)
                                 .reshape({count, 3, times, tubelet_, grid, patch_, grid, patch_})
                                 .permute({0, 2, 4, 6, 1, 3, 5, 7})
                                 .reshape({count, times * grid * grid, 3 * tubelet_ * patch_ * patch_});
  at::Tensor x = at::linear(patches, patches_, patch_bias_).add_(positions_);
  for (const EncoderBlock& block : blocks_) x = block(x);
  return norm_(x.mean(1)).to(at::kCPU, at::kFloat);
}

}  // namespace vidbench::nn
