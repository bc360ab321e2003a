// VideoMAE v2's vision transformer with mean pooling (Wang et al., CVPR 2023, arXiv:2303.16727), as
// github.com/OpenGVLab/VideoMAEv2 and cd-fvd define it: the network of the content-debiased Fréchet Video
// Distance.
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <vector>

#include "nn/transformer.h"
#include "nn/tubelets.h"

namespace vidbench::nn {

// Const after construction and then usable by several threads.
class VideoMae {
 public:
  static constexpr int64_t kFrames = 16;
  static constexpr int64_t kSide = 224;

  // Reads the official file (vit_g_hybrid_pt_1200e_ssv2_ft.pth: "module.patch_embed.proj.weight", …, below
  // "module", "model" or nothing). Heads are 88 wide, as ViT-g's. Throws Error(kInput) naming file and key
  // for another network.
  explicit VideoMae(const std::filesystem::path& weights, const NetworkOptions& options = {});

  [[nodiscard]] int64_t width() const { return width_; }  // 1408
  // clips [N, 3, 16, 224, 224], values in 0..1, not normalised -> the normalised mean of the tokens [N,
  // width] float on the CPU.
  [[nodiscard]] at::Tensor features(const at::Tensor& clips) const;

 private:
  NetworkOptions options_;
  int64_t width_ = 0;
  TubeletEmbedding tubelets_;
  at::Tensor positions_;
  std::vector<EncoderBlock> blocks_;
  LayerNorm norm_;
};

}  // namespace vidbench::nn
