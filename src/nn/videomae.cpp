#include "nn/videomae.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "base/error.h"
#include "nn/checkpoint.h"

namespace vidbench::nn {
namespace {

constexpr double kEpsilon = 1e-6;
constexpr int64_t kHeadWidth = 88;

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
  const std::string root = state.prefix_of("patch_embed.proj.weight", {"model.", "module."});
  tubelets_ = read_tubelets(state, root + "patch_embed.proj", {kFrames, kSide, kSide});
  width_ = tubelets_.width();
  if (width_ % kHeadWidth != 0) state.refuse(root + "patch_embed.proj.weight");
  positions_ = sinusoids(tubelets_.tokens({kFrames, kSide, kSide}), width_).to(options.device, options.type);
  blocks_ = read_vit_blocks(state, root + "blocks.", width_, kHeadWidth, kEpsilon);
  norm_ = read_layer_norm(state, root + "fc_norm", width_, kEpsilon);
}

at::Tensor VideoMae::features(const at::Tensor& clips) const {
  if (clips.dim() != 5 || clips.size(1) != 3 || clips.size(2) != kFrames || clips.size(3) != kSide ||
      clips.size(4) != kSide)
    throw Error(ErrorCode::kInternal, "VideoMAE takes clips [N, 3, 16, 224, 224]");
  const c10::InferenceMode inference;
  at::Tensor x = tubelets_(clips.to(options_.device, options_.type)).add_(positions_);
  for (const EncoderBlock& block : blocks_) x = block(x);
  return norm_(x.mean(1)).to(at::kCPU, at::kFloat);
}

}  // namespace vidbench::nn
