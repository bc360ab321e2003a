#include "nn/viclip.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <cmath>

#include "base/error.h"
#include "nn/checkpoint.h"

namespace vidbench::nn {

ViClip::ViClip(const std::filesystem::path& weights, const NetworkOptions& options) : options_(options) {
  const c10::InferenceMode inference;
  const TensorFile file = load_checkpoint(weights);
  const StateReader state(file, weights, "ViCLIP's", options);
  const std::string root = state.has("vision_encoder.conv1.weight") ? "" : "model.";
  const std::string vision = root + "vision_encoder.";
  const at::Tensor kernel = state.tensor(vision + "conv1.weight", {-1, 3, 1, -1, -1});
  const int64_t width = kernel.size(0);
  patch_ = kernel.size(3);
  if (kernel.size(4) != patch_) state.refuse(vision + "conv1.weight");
  patches_ = kernel.reshape({width, -1});
  class_ = state.tensor(vision + "class_embedding", {width});
  positions_ = state.tensor(vision + "positional_embedding", {-1, width});
  const auto grid = static_cast<int64_t>(std::lround(std::sqrt(static_cast<double>(positions_.size(0) - 1))));
  if (grid < 1 || grid * grid + 1 != positions_.size(0)) state.refuse(vision + "positional_embedding");
  side_ = grid * patch_;
  times_ = state.tensor(vision + "temporal_positional_embedding", {1, -1, width});
  before_ = read_layer_norm(state, vision + "ln_pre", width, kClipEpsilon);
  after_ = read_layer_norm(state, vision + "ln_post", width, kClipEpsilon);
  projection_ = state.tensor(vision + "proj", {width, -1});
  blocks_ = read_clip_blocks(state, vision + "transformer.resblocks.", width);
  text_ = ClipText(state, root + "text_encoder.", projection_.size(1));
}

at::Tensor ViClip::encode_videos(const at::Tensor& clips) const {
  if (clips.dim() != 5 || clips.size(1) != 3 || clips.size(2) != frames() || clips.size(3) != side_ ||
      clips.size(4) != side_)
    throw Error(ErrorCode::kInternal, "ViCLIP takes clips [N, 3, " + std::to_string(frames()) + ", …]");
  const c10::InferenceMode inference;
  const int64_t count = clips.size(0);
  const int64_t grid = side_ / patch_;
  const at::Tensor patches = clips.to(options_.device, options_.type)
                                 .reshape({count, 3, frames(), grid, patch_, grid, patch_})
                                 .permute({0, 2, 3, 5, 1, 4, 6})
                                 .reshape({count, frames(), grid * grid, 3 * patch_ * patch_});
  // Each patch has the embedding of its place and that of its frame; the class token that of its place alone.
  // The official code orders tokens by place and then time, which attention does not see.
  const at::Tensor tokens = at::linear(patches, patches_)
                                .add_(positions_.narrow(0, 1, grid * grid))
                                .add_(times_.unsqueeze(2))
                                .flatten(1, 2);
  const at::Tensor first = (class_ + positions_[0]).expand({count, 1, -1});
  at::Tensor x = before_(at::cat({first, tokens}, 1));
  for (const EncoderBlock& block : blocks_) x = block(x);
  return at::matmul(after_(x.select(1, 0)), projection_).to(at::kCPU, at::kFloat);
}

}  // namespace vidbench::nn
