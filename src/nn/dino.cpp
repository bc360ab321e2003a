#include "nn/dino.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <cmath>

#include "base/error.h"
#include "nn/checkpoint.h"

namespace vidbench::nn {
namespace {

constexpr double kEpsilon = 1e-6;
constexpr int64_t kHeadWidth = 64;
// Both official implementations add it to the grid's extents before they interpolate the positions, and
// sample with the scale that follows.
constexpr double kGridOffset = 0.1;

}  // namespace

Dino::Dino(const std::filesystem::path& weights, const NetworkOptions& options) : options_(options) {
  const c10::InferenceMode inference;
  const TensorFile file = load_checkpoint(weights);
  const StateReader state(file, weights, "DINO's", options);
  const at::Tensor kernel = state.tensor("patch_embed.proj.weight", {-1, 3, -1, -1});
  width_ = kernel.size(0);
  patch_ = kernel.size(2);
  if (kernel.size(3) != patch_ || width_ % kHeadWidth != 0) state.refuse("patch_embed.proj.weight");
  patches_ = kernel.reshape({width_, -1});
  patch_bias_ = state.tensor("patch_embed.proj.bias", {width_});
  class_ = state.tensor("cls_token", {1, 1, width_});
  positions_ = state.tensor("pos_embed", {1, -1, width_});
  grid_ = static_cast<int64_t>(std::lround(std::sqrt(static_cast<double>(positions_.size(1) - 1))));
  if (grid_ < 1 || grid_ * grid_ + 1 != positions_.size(1)) state.refuse("pos_embed");
  if (state.has("register_tokens")) registers_ = state.tensor("register_tokens", {1, -1, width_});
  blocks_ = read_vit_blocks(state, "blocks.", width_, kHeadWidth, kEpsilon);
  norm_ = read_layer_norm(state, "norm", width_, kEpsilon);
}

at::Tensor Dino::positions(int64_t rows, int64_t columns) const {
  if (rows == grid_ && columns == grid_) return positions_;
  const at::Tensor learned = positions_.narrow(1, 1, grid_ * grid_)
                                 .to(at::kFloat)
                                 .view({1, grid_, grid_, width_})
                                 .permute({0, 3, 1, 2});
  const auto scale = [&](int64_t extent) {
    return (static_cast<double>(extent) + kGridOffset) / static_cast<double>(grid_);
  };
  const at::Tensor resized =
      at::upsample_bicubic2d(learned, {rows, columns}, /*align_corners=*/false, scale(rows), scale(columns));
  const at::Tensor flat = resized.permute({0, 2, 3, 1}).reshape({1, rows * columns, width_});
  return at::cat({positions_.narrow(1, 0, 1), flat.to(options_.type)}, 1);
}

at::Tensor Dino::encode(const at::Tensor& pictures) const {
  if (pictures.dim() != 4 || pictures.size(1) != 3 || pictures.size(2) < patch_ || pictures.size(3) < patch_)
    throw Error(ErrorCode::kInternal, "DINO takes pictures [N, 3, H, W] of at least one patch");
  const c10::InferenceMode inference;
  const int64_t count = pictures.size(0);
  const int64_t rows = pictures.size(2) / patch_;
  const int64_t columns = pictures.size(3) / patch_;
  const at::Tensor patches = pictures.narrow(2, 0, rows * patch_)
                                 .narrow(3, 0, columns * patch_)
                                 .to(options_.device, options_.type)
                                 .reshape({count, 3, rows, patch_, columns, patch_})
                                 .permute({0, 2, 4, 1, 3, 5})
                                 .reshape({count, rows * columns, 3 * patch_ * patch_});
  at::Tensor x = at::cat({class_.expand({count, 1, -1}), at::linear(patches, patches_, patch_bias_)}, 1);
  x.add_(positions(rows, columns));
  if (registers_.defined())
    x = at::cat({x.narrow(1, 0, 1), registers_.expand({count, -1, -1}), x.narrow(1, 1, x.size(1) - 1)}, 1);
  for (const EncoderBlock& block : blocks_) x = block(x);
  return norm_(x.select(1, 0)).to(at::kCPU, at::kFloat);
}

}  // namespace vidbench::nn
