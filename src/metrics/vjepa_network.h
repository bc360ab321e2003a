// V-JEPA and its probe as the metrics use them: from a decoded video to features. This header is free of
// libtorch.
#pragma once

#include <memory>
#include <vector>

#include "media/video.h"
#include "metrics/compute.h"
#include "metrics/weights.h"

namespace vidbench::metrics {

// Loads the network at the first use. Each video is computed alone. One thread at a time; the number of CPU
// threads is set_threads()'.
class VJepaNetwork {
 public:
  VJepaNetwork(WeightFile encoder, WeightFile probe, Compute compute = {});
  ~VJepaNetwork();

  [[nodiscard]] const WeightFile& encoder() const { return encoder_; }
  [[nodiscard]] const WeightFile& probe() const { return probe_; }
  // [1280]: the first 16 frames, stretched to 224x224 by antialiased bilinear interpolation, ImageNet's mean
  // and deviation. The video has at least 16 frames. Throws Error(kEnvironment) for weights that are damaged.
  [[nodiscard]] std::vector<float> features(const media::Video& video);

  static constexpr size_t kFrames = 16;

 private:
  struct Loaded;
  WeightFile encoder_, probe_;
  Compute compute_;
  std::unique_ptr<Loaded> loaded_;
};

}  // namespace vidbench::metrics
