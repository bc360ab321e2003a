// LPIPS, the learned perceptual distance of pictures (Zhang et al., CVPR 2018, arXiv:1801.03924), version 0.1
// on AlexNet.
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <vector>

#include "nn/conv.h"

namespace vidbench::nn {

// One thread at a time.
class Lpips {
 public:
  static constexpr int64_t kMinSide = 31;  // smaller pictures leave nothing for the last pooling

  // Reads torchvision's network (alexnet-owt-7be5be79.pth: "features.0.weight", …) and the package's weights
  // of its channels (v0.1/alex.pth: "lin0.model.1.weight", …). Throws Error(kInput) naming file and key for
  // others.
  Lpips(const std::filesystem::path& alexnet, const std::filesystem::path& channels,
        const NetworkOptions& options = {});

  // a, b [N, 3, H, W] of one size, values in -1..1, H and W >= kMinSide -> distances [N], float, on the CPU:
  // 0 for equal pictures. Throws Error(kInput) for smaller ones.
  [[nodiscard]] at::Tensor operator()(const at::Tensor& a, const at::Tensor& b);

 private:
  NetworkOptions options_;
  std::vector<Conv2d> layers_;
  std::vector<at::Tensor> channels_;  // [C] for each layer
  at::Tensor scale_, shift_;          // [1, 3, 1, 1]
};

}  // namespace vidbench::nn
