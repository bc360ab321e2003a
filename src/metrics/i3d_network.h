// I3D as the metrics use it: from a decoded video to logits. This header is free of libtorch.
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
class I3dNetwork {
 public:
  explicit I3dNetwork(WeightFile weights, Compute compute = {});
  ~I3dNetwork();

  [[nodiscard]] const WeightFile& weights() const { return weights_; }
  // [400] of each: the first 16 frames, prepared as cd-fvd's data loader does (shorter side to 256 by
  // antialiased bilinear interpolation, centre crop, cut to whole bytes) and its I3D (bilinear to 224x224).
  // Videos have at least 16 frames. Throws Error(kEnvironment) for weights that are damaged.
  [[nodiscard]] std::vector<std::vector<float>> logits(Videos videos);

  static constexpr size_t kFrames = 16;

 private:
  struct Loaded;
  WeightFile weights_;
  Compute compute_;
  std::unique_ptr<Loaded> loaded_;
};

}  // namespace vidbench::metrics
