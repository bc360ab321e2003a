// Inception-v3 in the variant of the Fréchet Inception Distance (Szegedy et al., CVPR 2016,
// arXiv:1512.00567; the TensorFlow graph of 2015-12-05), as torch-fidelity keeps its weights. It differs from
// torchvision's network: average pools leave the padding out, the last block pools by maximum, 1008 classes.
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <vector>

#include "nn/conv.h"

namespace vidbench::nn {

// One thread at a time.
class Inception {
 public:
  static constexpr int64_t kSide = 299;
  static constexpr int64_t kFeatures = 2048;
  static constexpr int64_t kClasses = 1008;

  struct Output {
    at::Tensor pool;             // [N, 2048], the last block averaged over its places
    at::Tensor logits_unbiased;  // [N, 1008], without the last layer's bias
  };

  // Reads the official state dict (weights-inception-2015-12-05-6726825d.pth: "Conv2d_1a_3x3.conv.weight", …)
  // and folds the normalisation into the convolutions. Throws Error(kInput) naming file and key for another
  // network.
  explicit Inception(const std::filesystem::path& weights, const NetworkOptions& options = {});

  // pictures [N, 3, 299, 299], values in -1..1 -> float, on the CPU.
  [[nodiscard]] Output operator()(const at::Tensor& pictures);

  enum class Pool { kNone, kAverage, kMax, kMaxHalving };
  // A pool, convolutions one after the other, then those of `fork` side by side.
  struct Branch {
    Pool pool = Pool::kNone;
    std::vector<Conv2d> chain, fork;
  };
  using Block = std::vector<Branch>;  // side by side

 private:
  NetworkOptions options_;
  std::vector<Conv2d> stem_;
  std::vector<Block> blocks_;
  at::Tensor classes_;  // [1008, 2048]
};

// Frames [T, H, W, 3] uint8 -> pictures [T, 3, 299, 299] float in -1..1, channels last in memory, as
// TensorFlow 1's resize_bilinear makes them: no half-pixel centres, no antialiasing, the aspect not kept.
[[nodiscard]] at::Tensor inception_pictures(const at::Tensor& frames);

}  // namespace vidbench::nn
