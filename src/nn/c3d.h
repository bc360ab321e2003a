// C3D (Tran et al., ICCV 2015, arXiv:1412.0767), fine-tuned on UCF-101, as TGAN2
// (github.com/pfnet-research/tgan2) uses it for the Inception Score of videos.
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <vector>

#include "nn/conv.h"
#include "nn/transformer.h"

namespace vidbench::nn {

// One thread at a time.
class C3d {
 public:
  static constexpr int64_t kClasses = 101;
  static constexpr int64_t kFrames = 16;
  static constexpr int64_t kSide = 112;

  // Reads TGAN2's files: the network as Chainer saves it (conv3d_deepnetA_ucf.npz: "conv1a/W", "conv1a/b", …,
  // "fc8/b") and the mean of its training clips (mean2.npz: "mean" [3, 16, H, W], blue first, of which the
  // 112 rows and columns from the ninth on count). Throws Error(kInput) naming file and key for others.
  C3d(const std::filesystem::path& weights, const std::filesystem::path& mean,
      const NetworkOptions& options = {});

  // clips [N, 3, 16, 112, 112], blue first, values of 0..255 -> logits [N, 101], float, on the CPU.
  [[nodiscard]] at::Tensor logits(const at::Tensor& clips);

 private:
  struct Layer {
    Conv3d conv;
    Size3 pool;  // behind it; zeros for none
  };

  NetworkOptions options_;
  at::Tensor mean_;
  std::vector<Layer> layers_;
  Linear fc6_, fc7_, fc8_;
};

// Frames [T, H, W, 3] uint8 RGB -> a clip [1, 3, T, 112, 112] float, blue first: bilinear with the corners of
// both pictures on each other, no antialiasing, the aspect not kept.
[[nodiscard]] at::Tensor c3d_clip(const at::Tensor& frames);

}  // namespace vidbench::nn
