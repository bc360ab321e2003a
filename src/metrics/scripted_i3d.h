// StyleGAN-V's I3D: a TorchScript program, run only when its digest is known.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "media/video.h"
#include "metrics/weights.h"

namespace vidbench::metrics {

class ScriptedI3d {
 public:
  static constexpr size_t kFrames = 16;
  static constexpr size_t kLogits = 400;

  explicit ScriptedI3d(WeightFile weights);
  ~ScriptedI3d();

  [[nodiscard]] const WeightFile& weights() const { return weights_; }
  // The 400 logits of the first 16 frames' middle square. Throws Error(kInput) when the program does not give
  // 400 numbers.
  [[nodiscard]] std::vector<float> logits(const media::Video& video);

 private:
  struct Loaded;
  WeightFile weights_;
  std::unique_ptr<Loaded> loaded_;
};

}  // namespace vidbench::metrics
