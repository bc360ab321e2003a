// The vision transformers of DINO (Caron et al. 2021, arXiv:2104.14294) and DINOv2 (Oquab et al. 2023,
// arXiv:2304.07193), as github.com/facebookresearch/dino and /dinov2 define them.
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <vector>

#include "nn/transformer.h"

namespace vidbench::nn {

// ViT-S, -B and -L of any patch size; which, the file tells. Const after construction and then usable by
// several threads.
class Dino {
 public:
  // Reads the official files (dino_vitbase16_pretrain.pth, dinov2_vitb14_pretrain.pth:
  // "patch_embed.proj.weight", "blocks.0.attn.qkv.weight", …). Throws Error(kInput) naming file and key for
  // another network.
  explicit Dino(const std::filesystem::path& weights, const NetworkOptions& options = {});

  [[nodiscard]] int64_t patch() const { return patch_; }
  [[nodiscard]] int64_t width() const { return width_; }
  // pictures [N, 3, H, W], normalised with ImageNet's mean and deviation, H and W at least one patch; what is
  // over a multiple of the patch is cut off. -> the normalised class token [N, width] float on the CPU.
  [[nodiscard]] at::Tensor encode(const at::Tensor& pictures) const;

 private:
  [[nodiscard]] at::Tensor positions(int64_t rows, int64_t columns) const;

  NetworkOptions options_;
  int64_t patch_ = 0, width_ = 0, grid_ = 0;
  at::Tensor patches_, patch_bias_, class_, positions_, registers_;
  std::vector<EncoderBlock> blocks_;
  LayerNorm norm_;
};

}  // namespace vidbench::nn
