// C3D as the metrics use it: from a decoded video to its classes. This header is free of libtorch.
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
class C3dNetwork {
 public:
  C3dNetwork(WeightFile weights, WeightFile mean, Compute compute = {});
  ~C3dNetwork();

  [[nodiscard]] const WeightFile& weights() const { return weights_; }
  [[nodiscard]] const WeightFile& mean() const { return mean_; }
  // [101] of each: the softmax (in double) of the logits for the first 16 frames, prepared as TGAN2 does.
  // Videos have at least 16 frames. Throws Error(kEnvironment) for weights that are damaged.
  [[nodiscard]] std::vector<std::vector<float>> posterior(Videos videos);

  static constexpr size_t kFrames = 16;
  static constexpr int64_t kClasses = 101;

 private:
  struct Loaded;
  WeightFile weights_, mean_;
  Compute compute_;
  std::unique_ptr<Loaded> loaded_;
};

}  // namespace vidbench::metrics
