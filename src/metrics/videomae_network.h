// VideoMAE v2 as the metrics use it: from a decoded video to features. This header is free of libtorch.
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
class VideoMaeNetwork {
 public:
  explicit VideoMaeNetwork(WeightFile weights, Compute compute = {});
  ~VideoMaeNetwork();

  [[nodiscard]] const WeightFile& weights() const { return weights_; }
  // [1408] of each: the first 16 frames, prepared as cd-fvd's data loader and its VideoMAE do (bilinear to
  // 224x224, values in 0..1 without normalisation). Videos have at least 16 frames. Throws
  // Error(kEnvironment) for weights that are damaged.
  [[nodiscard]] std::vector<std::vector<float>> features(Videos videos);

  static constexpr size_t kFrames = 16;

 private:
  struct Loaded;
  WeightFile weights_;
  Compute compute_;
  std::unique_ptr<Loaded> loaded_;
};

}  // namespace vidbench::metrics
