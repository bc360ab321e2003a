// V-JEPA and its probe as the metrics use them: from a decoded video to features. This header is free of
// libtorch.
#pragma once

#include <memory>
#include <vector>

#include "media/video.h"
#include "metrics/compute.h"
#include "metrics/videos.h"
#include "metrics/weights.h"

namespace vidbench::metrics {

// Loads the network at the first use. One thread at a time; the number of CPU threads is set_threads()'. What
// it computes of a video depends on the others in the call at most by rounding.
class VJepaNetwork {
 public:
  VJepaNetwork(WeightFile encoder, WeightFile probe, Compute compute = {});
  ~VJepaNetwork();

  [[nodiscard]] const WeightFile& encoder() const { return encoder_; }
  [[nodiscard]] const WeightFile& probe() const { return probe_; }
  // [1280] of each: the first 16 frames, stretched to 224x224 by antialiased bilinear interpolation,
  // ImageNet's mean and deviation. Videos have at least 16 frames. Throws Error(kEnvironment) for weights
  // that are damaged.
  [[nodiscard]] std::vector<std::vector<float>> features(Videos videos);

  static constexpr size_t kFrames = 16;

 private:
  struct Loaded;
  WeightFile encoder_, probe_;
  Compute compute_;
  std::unique_ptr<Loaded> loaded_;
};

}  // namespace vidbench::metrics
