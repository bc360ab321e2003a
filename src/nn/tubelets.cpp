#include "nn/tubelets.h"

#include <ATen/ATen.h>

namespace vidbench::nn {

int64_t TubeletEmbedding::tokens(Size3 clip) const {
  return clip[0] / tubelet * (clip[1] / patch) * (clip[2] / patch);
}

at::Tensor TubeletEmbedding::operator()(const at::Tensor& clips) const {
  const int64_t count = clips.size(0);
  const int64_t times = clips.size(2) / tubelet;
  const int64_t rows = clips.size(3) / patch;
  const int64_t columns = clips.size(4) / patch;
  const at::Tensor tubelets = clips.reshape({count, 3, times, tubelet, rows, patch, columns, patch})
                                  .permute({0, 2, 4, 6, 1, 3, 5, 7})
                                  .reshape({count, times * rows * columns, 3 * tubelet * patch * patch});
  return at::linear(tubelets, weight, bias);
}

TubeletEmbedding read_tubelets(const StateReader& state, const std::string& name, Size3 clip) {
  const at::Tensor kernel = state.tensor(name + ".weight", {-1, 3, -1, -1, -1});
  const int64_t tubelet = kernel.size(2);
  const int64_t patch = kernel.size(3);
  if (kernel.size(4) != patch || clip[0] % tubelet != 0 || clip[1] % patch != 0 || clip[2] % patch != 0)
    state.refuse(name + ".weight");
  const int64_t width = kernel.size(0);
  return {kernel.reshape({width, -1}), state.tensor(name + ".bias", {width}), tubelet, patch};
}

}  // namespace vidbench::nn
