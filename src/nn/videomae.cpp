#include "nn/videomae.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "base/error.h"
#include "nn/checkpoint.h"

namespace vidbench::nn {
namespace {

constexpr double kEpsilon = 1e-6;
constexpr int64_t kPretrainedTimes = 8;
constexpr Size3 kClip = {VideoMae::kFrames, VideoMae::kSide, VideoMae::kSide};

// [1, positions, width]: sines in even places, cosines in odd ones (Vaswani et al. 2017).
at::Tensor sinusoids(int64_t positions, int64_t width) {
  const at::Tensor place = at::arange(positions, at::kDouble).unsqueeze(1);
  const at::Tensor column = at::arange(width, at::kDouble);
  const at::Tensor exponent = at::floor(column / 2) * 2 / static_cast<double>(width);
  const at::Tensor angle = place / at::pow(10000.0, exponent);
  const at::Tensor even = at::remainder(column, 2).eq(0);
  return at::where(even, at::sin(angle), at::cos(angle)).unsqueeze(0);
}

// table [1, from · places, width] -> [1, to · places, width], linear in time.
at::Tensor at_other_times(const at::Tensor& table, int64_t from, int64_t to) {
  const int64_t width = table.size(2);
  const at::Tensor by_time = table.to(at::kFloat).view({1, from, -1}).transpose(1, 2);
  return at::upsample_linear1d(by_time, {to}, /*align_corners=*/false)
      .transpose(1, 2)
      .reshape({1, -1, width});
}

}  // namespace

VideoMae::VideoMae(const std::filesystem::path& weights, const VideoMaeKind& kind,
                   const NetworkOptions& options)
    : options_(options) {
  const c10::InferenceMode inference;
  const TensorFile file = load_checkpoint(weights);
  const StateReader state(file, weights, kind.owner, options);
  const std::string root = state.prefix_of("patch_embed.proj.weight", {"model.", "module."});
  tubelets_ = read_tubelets(state, root + "patch_embed.proj", kClip);
  if (width() % kind.head_width != 0) state.refuse(root + "patch_embed.proj.weight");
  positions_ = read_positions(state, root);
  blocks_ = read_vit_blocks(state, root + "blocks.", width(), kind.head_width, kEpsilon);
  norm_ = read_layer_norm(state, root + "fc_norm", width(), kEpsilon);
  if (kind.classes > 0) head_ = read_linear(state, root + "head", width(), kind.classes);
}

at::Tensor VideoMae::read_positions(const StateReader& state, const std::string& root) const {
  const int64_t tokens = tubelets_.tokens(kClip);
  const int64_t times = kFrames / tubelets_.tubelet;
  if (times != kPretrainedTimes && state.has(root + "pos_embed"))
    return state.tensor(root + "pos_embed", {1, tokens, width()});
  at::Tensor table = sinusoids(tokens / times * kPretrainedTimes, width());
  if (times != kPretrainedTimes) table = at_other_times(table, kPretrainedTimes, times);
  return table.to(options_.device, options_.type);
}

at::Tensor VideoMae::pooled(const at::Tensor& clips) const {
  if (clips.dim() != 5 || clips.size(1) != 3 || clips.size(2) != kFrames || clips.size(3) != kSide ||
      clips.size(4) != kSide)
    throw Error(ErrorCode::kInternal, "VideoMAE takes clips [N, 3, 16, 224, 224]");
  at::Tensor x = tubelets_(clips.to(options_.device, options_.type)).add_(positions_);
  for (const EncoderBlock& block : blocks_) x = block(x);
  return norm_(x.mean(1));
}

at::Tensor VideoMae::features(const at::Tensor& clips) const {
  const c10::InferenceMode inference;
  return pooled(clips).to(at::kCPU, at::kFloat);
}

at::Tensor VideoMae::logits(const at::Tensor& clips) const {
  if (!head_.weight.defined()) throw Error(ErrorCode::kInternal, "this VideoMAE has no head");
  const c10::InferenceMode inference;
  return head_(pooled(clips)).to(at::kCPU, at::kFloat);
}

}  // namespace vidbench::nn
