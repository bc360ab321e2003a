// MUSIQ, the multi-scale image quality transformer (Ke et al., ICCV 2021, arXiv:2108.05997), written from the
// paper, the official description (google-research/musiq) and the weights' layout (pyiqa's conversion).
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <filesystem>
#include <vector>

#include "nn/conv.h"
#include "nn/transformer.h"

namespace vidbench::nn {

// One thread at a time.
class Musiq {
 public:
  // Reads musiq_spaq_ckpt-358bb6af.pth or another of the one-number heads ("conv_root.weight", …). Throws
  // Error(kInput) naming file and key for another network.
  explicit Musiq(const std::filesystem::path& weights, const NetworkOptions& options = {});

  // picture [3, H, W] float in 0..1 -> its quality, about 0..100 for the SPAQ weights. The picture is looked
  // at in its own size and with its longer side at 224 and 384. Memory grows with the number of its 32x32
  // patches.
  [[nodiscard]] double quality(const at::Tensor& picture);

 private:
  // A convolution with standardised weights and SAME padding, then group norm.
  struct Unit {
    Conv2d conv;
    at::Tensor scale, shift;  // [C]
    double epsilon = 1e-4;
    int64_t kernel = 1, stride = 1;
  };
  [[nodiscard]] static Unit read_unit(const StateReader& state, const std::string& conv,
                                      const std::string& norm, at::IntArrayRef shape, int64_t stride,
                                      double epsilon);
  [[nodiscard]] static at::Tensor apply(Unit& unit, const at::Tensor& x);
  [[nodiscard]] at::Tensor tokens(const at::Tensor& patches);

  NetworkOptions options_;
  Unit root_, first_, second_, third_, projection_;
  Linear embedding_, head_;
  at::Tensor places_, scales_, class_;  // [100, width], [3, width], [1, 1, width]
  std::vector<EncoderBlock> blocks_;
  LayerNorm norm_;
};

}  // namespace vidbench::nn
