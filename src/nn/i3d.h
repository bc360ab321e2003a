// Inflated 3-D Inception (Carreira & Zisserman, CVPR 2017, arXiv:1705.07750), RGB, Kinetics-400, as its
// PyTorch port (github.com/piergiaj/pytorch-i3d) and cd-fvd load it: the network of the Fréchet Video
// Distance.
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <vector>

#include "nn/conv.h"

namespace vidbench::nn {

// One thread at a time.
class I3d {
 public:
  static constexpr int64_t kClasses = 400;
  static constexpr int64_t kSide = 224;
  static constexpr int64_t kMinFrames = 9;  // fewer leave nothing for the last pooling

  // Reads the official state dict (i3d_pretrained_400.pt, rgb_imagenet.pt: "Conv3d_1a_7x7.conv3d.weight", …)
  // and folds the normalisation into the convolutions. Throws Error(kInput) naming file and key for another
  // network.
  // `epsilon` of the batch normalisation: 1e-5 in cd-fvd's copy of the port, 1e-3 in the port itself.
  explicit I3d(const std::filesystem::path& weights, const NetworkOptions& options = {},
               double epsilon = 1e-5);

  // clips [N, 3, T, 224, 224], values in -1..1, T >= kMinFrames -> logits averaged over time [N, 400], float,
  // on the CPU. Throws Error(kInput) for fewer frames.
  [[nodiscard]] at::Tensor logits(const at::Tensor& clips);

 private:
  struct Mixed {
    Conv3d b0, b1a, b1b, b2a, b2b, b3b;
  };
  [[nodiscard]] static at::Tensor mix(Mixed& block, const at::Tensor& x);

  NetworkOptions options_;
  Conv3d conv1a_, conv2b_, conv2c_, logits_;
  std::vector<Mixed> mixed_;  // 3b, 3c, 4b, 4c, 4d, 4e, 4f, 5b, 5c
};

// Frames [T, H, W, 3] uint8 -> a clip [1, 3, T, 224, 224] float in -1..1 as cd-fvd prepares it: bilinear,
// half-pixel centres, no antialiasing, the aspect not kept.
[[nodiscard]] at::Tensor i3d_clip(const at::Tensor& frames);

}  // namespace vidbench::nn
