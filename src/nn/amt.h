// AMT-S (Li et al., CVPR 2023, arXiv:2304.09790; github.com/MCG-NKU/AMT): the frame in the middle between
// two, as VBench's motion smoothness uses it.
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <filesystem>
#include <optional>
#include <vector>

#include "nn/conv.h"
#include "nn/correlation.h"

namespace vidbench::nn {

// One thread at a time. Memory: about 1 KB a pixel of a frame and the correlation of the two frames with each
// other in both directions, (H/8 · W/8)² · 10.7 bytes (2.2 GB at 1280x720). What would be over 3 GiB is made
// again in blocks at each of its three lookups.
class Amt {
 public:
  static constexpr int64_t kScale = 16;  // of a frame's side to the smallest map's
  // Of padded frames: smaller ones leave nothing to look up in the coarsest correlation, where the official
  // implementation divides by zero.
  static constexpr int64_t kMinSide = 128;

  // What the frame in the middle is made of, float: three proposals a pixel.
  struct Estimate {
    at::Tensor flows;     // [2, 3, 2, H, W]: to the first and to the second frame, (x, y) in pixels
    at::Tensor mask;      // [1, 3, H, W]: the share of the first frame, 0..1
    at::Tensor residual;  // [1, 3, 3, H, W]: RGB that is added
  };

  // Reads the official checkpoint (amt-s.pth: "state_dict.feat_encoder.conv1.weight", …) or its state dict
  // alone. Throws Error(kInput) naming file and key for another network.
  explicit Amt(const std::filesystem::path& weights, const NetworkOptions& options = {});

  // first, second [1, 3, H, W] in 0..1 (RGB), H and W multiples of kScale and at least kMinSide -> the frame
  // half way between them, [1, 3, H, W] float in 0..1 on the network's device. Throws Error(kInput) for
  // smaller frames.
  [[nodiscard]] at::Tensor middle(const at::Tensor& first, const at::Tensor& second);
  [[nodiscard]] Estimate estimate(const at::Tensor& first, const at::Tensor& second);

 private:
  // Convolution and parametric ReLU.
  struct PreluConv {
    Conv2d conv;
    at::Tensor slope;
    [[nodiscard]] at::Tensor operator()(const at::Tensor& x);
  };
  // Its convolutions are each followed by instance normalisation.
  struct Bottleneck {
    std::array<Conv2d, 3> convs;
    std::optional<Conv2d> shortcut;
    [[nodiscard]] at::Tensor operator()(const at::Tensor& x);
  };
  // Features for the correlation, an eighth of the frame's side.
  struct CorrelationEncoder {
    Conv2d stem, last;
    std::vector<Bottleneck> blocks;
    [[nodiscard]] at::Tensor operator()(const at::Tensor& frame);
  };
  // From maps of one size to maps of twice the side.
  struct Decoder {
    PreluConv first, whole1, side1, whole2, side2;
    Conv2d last;
    at::Tensor slope;
    at::Tensor up_weight, up_bias;  // of the transposed convolution
    [[nodiscard]] at::Tensor operator()(const at::Tensor& x);
  };
  // Corrects features and flows by the correlation; it works at an eighth of the frame's side.
  struct Update {
    Conv2d correlation, flow1, flow2, both, state1, state2, features1, features2, flows1, flows2;
  };
  class Reader;

  [[nodiscard]] at::Tensor together(const at::Tensor& first, const at::Tensor& second) const;
  [[nodiscard]] at::Tensor as_input(const at::Tensor& x) const;
  [[nodiscard]] Correlation correlate(const at::Tensor& frames);
  [[nodiscard]] std::vector<at::Tensor> pyramid(const at::Tensor& frames);
  void correct(size_t level, const Correlation& correlation, at::Tensor& features, at::Tensor& flows);
  [[nodiscard]] Estimate estimate_of(const at::Tensor& frames);

  NetworkOptions options_;
  CorrelationEncoder correlation_encoder_;
  std::array<std::array<PreluConv, 2>, 4> pyramid_;  // from the frame down
  std::array<Decoder, 4> decoders_;                  // from the smallest maps up
  std::array<Update, 3> updates_;                    // after each decoder but the last
  PreluConv combine1_;
  Conv2d combine2_;
};

}  // namespace vidbench::nn
