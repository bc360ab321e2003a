// All-pairs correlation of two feature maps, looked up around moving positions (Teed & Deng, ECCV 2020,
// arXiv:2003.12039, section 3.2).
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

namespace vidbench::nn {

// Of one or several pairs of maps. The correlation of map 1 with level l of map 2 (halved l times by 2x2
// means) is kept while it is small; a larger one is made again, block by block, at every lookup.
class Correlation {
 public:
  static constexpr int64_t kLevels = 4;
  static constexpr int64_t kMinSide = 16;  // of the maps: the last level must have two values a side

  // How many values a lookup of that radius gives for each value of map 1.
  [[nodiscard]] static constexpr int64_t features(int64_t radius) {
    return kLevels * (2 * radius + 1) * (2 * radius + 1);
  }

  // first, second [N, C, H, W] float, H and W at least kMinSide; lookups reach `radius` values to each side
  // on every level. `max_bytes` bounds what is kept and what a block takes, apart from the maps themselves.
  Correlation(const at::Tensor& first, const at::Tensor& second, int64_t radius, int64_t max_bytes);

  // How many pairs of maps of that size fit into `max_bytes` at once; at least 1.
  [[nodiscard]] static int64_t pairs_within(int64_t height, int64_t width, int64_t max_bytes);

  // centres [N, 2, H, W] float: for each value of map 1 a position (x, y) in map 2 -> [N, features(radius),
  // H, W] float, channels last: level by level, x offset by x offset, y offset by y offset; 0 outside map 2.
  [[nodiscard]] at::Tensor lookup(const at::Tensor& centres) const;

 private:
  struct Level {
    at::Tensor features;        // [N, C, h·w]
    at::Tensor scale, offsets;  // of the grid that grid_sampler takes
    int64_t height = 0, width = 0;
  };
  [[nodiscard]] std::vector<at::Tensor> volumes(int64_t begin, int64_t count) const;

  at::Tensor first_;                           // [N, H·W, C], divided by √C
  int64_t height_, width_, side_, block_ = 0;  // `side_` of the window: 2 · radius + 1
  std::vector<Level> levels_;
  std::vector<at::Tensor> kept_;  // a level each [N, H·W, h, w], empty when it would be too large
};

}  // namespace vidbench::nn
