#include "nn/clip.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <array>
#include <cmath>

#include "base/error.h"
#include "nn/checkpoint.h"

namespace vidbench::nn {
namespace {

struct Renaming {
  const char* from;
  const char* to;
};

// Hugging Face's names to OpenAI's; those of the layers follow their number.
constexpr std::array<Renaming, 13> kTop = {{
    {"vision_model.embeddings.patch_embedding.weight", "visual.conv1.weight"},
    {"vision_model.embeddings.class_embedding", "visual.class_embedding"},
    {"vision_model.embeddings.position_embedding.weight", "visual.positional_embedding"},
    {"vision_model.pre_layrnorm.weight", "visual.ln_pre.weight"},
    {"vision_model.pre_layrnorm.bias", "visual.ln_pre.bias"},
    {"vision_model.post_layernorm.weight", "visual.ln_post.weight"},
    {"vision_model.post_layernorm.bias", "visual.ln_post.bias"},
    {"text_model.embeddings.token_embedding.weight", "token_embedding.weight"},
    {"text_model.embeddings.position_embedding.weight", "positional_embedding"},
    {"text_model.final_layer_norm.weight", "ln_final.weight"},
    {"text_model.final_layer_norm.bias", "ln_final.bias"},
    {"visual_projection.weight", "visual.proj"},
    {"text_projection.weight", "text_projection"},
}};
constexpr std::array<Renaming, 5> kLayer = {{
    {"self_attn.out_proj.", "attn.out_proj."},
    {"layer_norm1.", "ln_1."},
    {"layer_norm2.", "ln_2."},
    {"mlp.fc1.", "mlp.c_fc."},
    {"mlp.fc2.", "mlp.c_proj."},
}};

void rename_layers(const TensorFile& from, const std::string& old_prefix, const std::string& prefix,
                   const std::filesystem::path& path, TensorFile& to) {
  for (int64_t layer = 0; from.tensors.contains(old_prefix + std::to_string(layer) + ".layer_norm1.weight");
       ++layer) {
    const std::string old_name = old_prefix + std::to_string(layer) + ".";
    const std::string name = prefix + std::to_string(layer) + ".";
    for (const std::string part : {"weight", "bias"}) {
      for (const auto& [old_part, new_part] : kLayer)
        to.tensors[name + new_part + part] = require_float(from, old_name + old_part + part, path);
      std::vector<at::Tensor> qkv;
      for (const std::string which : {"q", "k", "v"})
        qkv.push_back(require_float(from, old_name + "self_attn." + which + "_proj." + part, path));
      to.tensors[name + "attn.in_proj_" + part] = at::cat(qkv);
    }
  }
}

TensorFile as_openai(TensorFile file, const std::filesystem::path& path) {
  if (!file.tensors.contains("vision_model.embeddings.class_embedding")) return file;
  TensorFile renamed;
  for (const auto& [from, to] : kTop) renamed.tensors[to] = require_float(file, from, path);
  for (const char* projection : {"visual.proj", "text_projection"})
    renamed.tensors[projection] = renamed.tensors[projection].t().contiguous();
  rename_layers(file, "vision_model.encoder.layers.", "visual.transformer.resblocks.", path, renamed);
  rename_layers(file, "text_model.encoder.layers.", "transformer.resblocks.", path, renamed);
  return renamed;
}

}  // namespace

Clip::Clip(const std::filesystem::path& weights, const NetworkOptions& options) : options_(options) {
  const c10::InferenceMode inference;
  const TensorFile file = as_openai(load_checkpoint(weights), weights);
  const StateReader state(file, weights, "CLIP's", options);
  read_vision(state);
  text_ = ClipText(state, "", dimensions_);
}

void Clip::read_vision(const StateReader& state) {
  const at::Tensor kernel = state.tensor("visual.conv1.weight", {-1, 3, -1, -1});
  const int64_t width = kernel.size(0);
  patch_ = kernel.size(2);
  if (kernel.size(3) != patch_) state.refuse("visual.conv1.weight");
  patches_ = kernel.reshape({width, -1});
  class_ = state.tensor("visual.class_embedding", {width});
  positions_ = state.tensor("visual.positional_embedding", {-1, width});
  const auto grid = static_cast<int64_t>(std::lround(std::sqrt(static_cast<double>(positions_.size(0) - 1))));
  if (grid < 1 || grid * grid + 1 != positions_.size(0)) state.refuse("visual.positional_embedding");
  side_ = grid * patch_;
  before_ = read_layer_norm(state, "visual.ln_pre", width, kClipEpsilon);
  after_ = read_layer_norm(state, "visual.ln_post", width, kClipEpsilon);
  projection_ = state.tensor("visual.proj", {width, -1});
  dimensions_ = projection_.size(1);
  vision_ = read_clip_blocks(state, "visual.transformer.resblocks.", width);
}

at::Tensor Clip::encode_images(const at::Tensor& pictures) const {
  if (pictures.dim() != 4 || pictures.size(1) != 3 || pictures.size(2) != side_ || pictures.size(3) != side_)
    throw Error(ErrorCode::kInternal, "CLIP takes pictures [N, 3, " + std::to_string(side_) + ", …]");
  const c10::InferenceMode inference;
  const int64_t count = pictures.size(0);
  const int64_t grid = side_ / patch_;
  const at::Tensor patches = pictures.to(options_.device, options_.type)
                                 .view({count, 3, grid, patch_, grid, patch_})
                                 .permute({0, 2, 4, 1, 3, 5})
                                 .reshape({count, grid * grid, 3 * patch_ * patch_});
  at::Tensor x = at::cat({class_.expand({count, 1, -1}), at::linear(patches, patches_)}, 1);
  x = before_(x.add_(positions_));
  for (const EncoderBlock& block : vision_) x = block(x);
  return at::matmul(after_(x.select(1, 0)), projection_).to(at::kCPU, at::kFloat);
}

}  // namespace vidbench::nn
