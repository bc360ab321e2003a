#include "nn/vjepa.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "base/error.h"
#include "nn/checkpoint.h"

namespace vidbench::nn {
namespace {

constexpr double kEncoderEpsilon = 1e-6;
constexpr double kPoolerEpsilon = 1e-5;
constexpr int64_t kHeadWidth = 80;

// What lies below `part`, or all of a file that has no such part.
TensorFile load_part(const std::filesystem::path& path, const std::string& part) {
  TensorFile file = load_checkpoint(path, part);
  return file.tensors.empty() ? load_checkpoint(path) : file;
}

}  // namespace

at::Tensor AttentivePooler::operator()(const at::Tensor& x) const {
  const int64_t count = x.size(0);
  const int64_t width = x.size(2);
  const at::Tensor asked = queries(query).view({1, 1, heads, width / heads}).transpose(1, 2);
  const at::Tensor split =
      pairs(norm1(x)).view({count, x.size(1), 2, heads, width / heads}).permute({2, 0, 3, 1, 4});
  const at::Tensor mixed =
      at::scaled_dot_product_attention(asked.expand({count, -1, -1, -1}), split[0], split[1]);
  const at::Tensor y = out(mixed.transpose(1, 2).reshape({count, 1, width})).add_(query);
  return fc2(at::gelu(fc1(norm2(y)))).add_(y).select(1, 0);
}

VJepa::VJepa(const std::filesystem::path& encoder, const std::filesystem::path& probe,
             const NetworkOptions& options)
    : options_(options) {
  const c10::InferenceMode inference;
  read_encoder(encoder);
  read_probe(probe);
}

void VJepa::read_encoder(const std::filesystem::path& path) {
  const TensorFile file = load_part(path, "target_encoder.");
  const StateReader state(file, path, "V-JEPA's", options_);
  const std::string root = state.prefix_of(
      "patch_embed.proj.weight",
      {"target_encoder.module.backbone.", "target_encoder.backbone.", "target_encoder.module.",
       "target_encoder.", "module.backbone.", "backbone.", "module."});
  constexpr Size3 kClip = {kFrames, kSide, kSide};
  tubelets_ = read_tubelets(state, root + "patch_embed.proj", kClip);
  if (width() % kHeadWidth != 0) state.refuse(root + "patch_embed.proj.weight");
  positions_ = state.tensor(root + "pos_embed", {1, tubelets_.tokens(kClip), width()});
  blocks_ = read_vit_blocks(state, root + "blocks.", width(), kHeadWidth, kEncoderEpsilon);
  norm_ = read_layer_norm(state, root + "norm", width(), kEncoderEpsilon);
}

void VJepa::read_probe(const std::filesystem::path& path) {
  const TensorFile file = load_part(path, "classifier.");
  const StateReader state(file, path, "this encoder's probe's", options_);
  const std::string root =
      state.prefix_of("pooler.query_tokens", {"classifier.module.", "classifier.", "module."}) + "pooler.";
  pooler_.query = state.tensor(root + "query_tokens", {1, 1, width()});
  const std::string block = root + "cross_attention_block.";
  pooler_.norm1 = read_layer_norm(state, block + "norm1", width(), kPoolerEpsilon);
  pooler_.norm2 = read_layer_norm(state, block + "norm2", width(), kPoolerEpsilon);
  pooler_.queries = read_linear(state, block + "xattn.q", width(), width());
  pooler_.pairs = read_linear(state, block + "xattn.kv", width(), 2 * width());
  pooler_.out = read_linear(state, block + "xattn.proj", width(), width());
  pooler_.fc1 = read_linear(state, block + "mlp.fc1", width(), -1);
  pooler_.fc2 = read_linear(state, block + "mlp.fc2", pooler_.fc1.weight.size(0), width());
  pooler_.heads = width() / kHeadWidth;
}

at::Tensor VJepa::features(const at::Tensor& clips) const {
  if (clips.dim() != 5 || clips.size(1) != 3 || clips.size(2) != kFrames || clips.size(3) != kSide ||
      clips.size(4) != kSide)
    throw Error(ErrorCode::kInternal, "V-JEPA takes clips [N, 3, 16, 224, 224]");
  const c10::InferenceMode inference;
  at::Tensor x = tubelets_(clips.to(options_.device, options_.type)).add_(positions_);
  for (const EncoderBlock& block : blocks_) x = block(x);
  return pooler_(norm_(x)).to(at::kCPU, at::kFloat);
}

}  // namespace vidbench::nn
