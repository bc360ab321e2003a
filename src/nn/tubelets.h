// Tokens of video transformers: each block of some frames and patch x patch pixels becomes one (tubelets,
// Arnab et al., ICCV 2021).
#pragma once

#include <ATen/core/Tensor.h>

#include <string>

#include "nn/conv.h"
#include "nn/state_reader.h"

namespace vidbench::nn {

struct TubeletEmbedding {
  at::Tensor weight, bias;  // [width, 3 · tubelet · patch · patch]; [width]
  int64_t tubelet = 0, patch = 0;

  [[nodiscard]] int64_t width() const { return weight.size(0); }
  // How many tokens a clip of that size has.
  [[nodiscard]] int64_t tokens(Size3 clip) const;
  // clips [N, 3, T, H, W] of the weight's type, on its device, T a multiple of `tubelet`, H and W of `patch`
  // -> [N, tokens, width]: by time, then row, then column.
  [[nodiscard]] at::Tensor operator()(const at::Tensor& clips) const;
};

// "<name>.weight" [width, 3, tubelet, patch, patch] and "<name>.bias", whose tubelets must divide clips of
// that size. Throws as StateReader does.
[[nodiscard]] TubeletEmbedding read_tubelets(const StateReader& state, const std::string& name, Size3 clip);

}  // namespace vidbench::nn
