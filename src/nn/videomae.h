// Video vision transformers with mean pooling, after VideoMAE: VideoMAE v2's ViT-g (Wang et al., CVPR 2023,
// arXiv:2303.16727), as github.com/OpenGVLab/VideoMAEv2 and cd-fvd define it, the network of the
// content-debiased Fréchet Video Distance; and UMT's ViT-L (Li et al., Unmasked Teacher, ICCV 2023,
// arXiv:2303.16058), fine-tuned on Kinetics-400, with which VBench judges human actions.
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <vector>

#include "nn/transformer.h"
#include "nn/tubelets.h"

namespace vidbench::nn {

// What the files do not tell.
struct VideoMaeKind {
  const char* owner;   // whose shapes are expected, for errors: "UMT's"
  int64_t head_width;  // of attention
  int64_t classes;     // of its head; 0: the head is not read
};
constexpr VideoMaeKind kVideoMaeGiant{"VideoMAE's", 88, 0};
constexpr VideoMaeKind kUmtLarge{"UMT's", 64, 400};

// Const after construction and then usable by several threads.
class VideoMae {
 public:
  static constexpr int64_t kFrames = 16;
  static constexpr int64_t kSide = 224;

  // Reads an official file (vit_g_hybrid_pt_1200e_ssv2_ft.pth, l16_ptk710_ftk710_ftk400_f16_res224.pth:
  // "patch_embed.proj.weight", …, below "module", "model" or nothing). Positions are sines over the 8 times
  // of pre-training; for another number of times the file's ("pos_embed"), where it has none the sines
  // interpolated. Throws Error(kInput) naming file and key for another network.
  VideoMae(const std::filesystem::path& weights, const VideoMaeKind& kind,
           const NetworkOptions& options = {});

  [[nodiscard]] int64_t width() const { return tubelets_.width(); }  // 1408, 1024
  // clips [N, 3, 16, 224, 224] -> the normalised mean of the tokens [N, width] float on the CPU. VideoMAE
  // takes values in 0..1, UMT such as ImageNet's mean and deviation leave.
  [[nodiscard]] at::Tensor features(const at::Tensor& clips) const;
  // The head's, of a kind with classes: [N, classes] float on the CPU.
  [[nodiscard]] at::Tensor logits(const at::Tensor& clips) const;

 private:
  [[nodiscard]] at::Tensor read_positions(const StateReader& state, const std::string& root) const;
  [[nodiscard]] at::Tensor pooled(const at::Tensor& clips) const;

  NetworkOptions options_;
  TubeletEmbedding tubelets_;
  at::Tensor positions_;
  std::vector<EncoderBlock> blocks_;
  LayerNorm norm_;
  Linear head_;
};

}  // namespace vidbench::nn
