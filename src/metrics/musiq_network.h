// MUSIQ as the metrics use it: from a decoded video to one quality a frame. This header is free of libtorch.
#pragma once

#include <memory>
#include <vector>

#include "media/video.h"
#include "metrics/compute.h"
#include "metrics/weights.h"

namespace vidbench::metrics {

// Loads the network at the first use. One thread at a time; the number of CPU threads is set_threads()'.
class MusiqNetwork {
 public:
  explicit MusiqNetwork(WeightFile weights, Compute compute = {});
  ~MusiqNetwork();

  [[nodiscard]] const WeightFile& weights() const { return weights_; }
  // Of every frame, about 0..100; a frame whose longer side is over 512 is first resized to 512 by bilinear
  // interpolation of floats without antialiasing, as VBench does. Throws Error(kEnvironment) for weights that
  // are damaged.
  [[nodiscard]] std::vector<double> qualities(const media::Video& video);

 private:
  struct Loaded;
  WeightFile weights_;
  Compute compute_;
  std::unique_ptr<Loaded> loaded_;
};

}  // namespace vidbench::metrics
