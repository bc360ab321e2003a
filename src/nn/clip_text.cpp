#include "nn/clip_text.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "base/error.h"

namespace vidbench::nn {
namespace {

constexpr int64_t kHeadWidth = 64;

}  // namespace

std::vector<EncoderBlock> read_clip_blocks(const StateReader& state, const std::string& prefix,
                                           int64_t width) {
  std::vector<EncoderBlock> blocks(static_cast<size_t>(state.count(prefix, ".ln_1.weight")));
  if (blocks.empty() || width % kHeadWidth != 0) state.refuse(prefix + "0.ln_1.weight");
  for (size_t i = 0; i < blocks.size(); ++i) {
    const std::string name = prefix + std::to_string(i) + ".";
    EncoderBlock& block = blocks[i];
    block.norm1 = read_layer_norm(state, name + "ln_1", width, kClipEpsilon);
    block.norm2 = read_layer_norm(state, name + "ln_2", width, kClipEpsilon);
    block.qkv = {state.tensor(name + "attn.in_proj_weight", {3 * width, width}),
                 state.tensor(name + "attn.in_proj_bias", {3 * width})};
    block.out = read_linear(state, name + "attn.out_proj", width, width);
    block.fc1 = read_linear(state, name + "mlp.c_fc", width, -1);
    block.fc2 = read_linear(state, name + "mlp.c_proj", block.fc1.weight.size(0), width);
    block.heads = width / kHeadWidth;
    block.activation = Activation::kQuickGelu;
  }
  return blocks;
}

ClipText::ClipText(const StateReader& state, const std::string& prefix, int64_t dimensions) {
  words_ = state.tensor(prefix + "token_embedding.weight", {-1, -1});
  const int64_t width = words_.size(1);
  positions_ = state.tensor(prefix + "positional_embedding", {-1, width});
  norm_ = read_layer_norm(state, prefix + "ln_final", width, kClipEpsilon);
  projection_ = state.tensor(prefix + "text_projection", {width, dimensions});
  blocks_ = read_clip_blocks(state, prefix + "transformer.resblocks.", width);
}

at::Tensor ClipText::encode(const at::Tensor& tokens) const {
  if (tokens.dim() != 2 || tokens.size(1) != context_length())
    throw Error(ErrorCode::kInternal, "CLIP takes tokens [N, " + std::to_string(context_length()) + "]");
  const c10::InferenceMode inference;
  const at::Tensor ids = tokens.to(words_.device());
  at::Tensor x = at::embedding(words_, ids).add_(positions_);
  for (const EncoderBlock& block : blocks_) x = block(x, /*causal=*/true);
  const at::Tensor ends = ids.argmax(-1);
  const at::Tensor rows = at::arange(ids.size(0), ends.options());
  return at::matmul(norm_(x.index({rows, ends})), projection_).to(at::kCPU, at::kFloat);
}

}  // namespace vidbench::nn
