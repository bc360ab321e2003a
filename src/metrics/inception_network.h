// FID's Inception-v3 as the metrics use it: from a decoded video to features of some of its frames. This
// header is free of libtorch.
#pragma once

#include <memory>
#include <vector>

#include "media/video.h"
#include "metrics/compute.h"
#include "metrics/weights.h"

namespace vidbench::metrics {

// One row for each frame that is looked at, one below the other.
struct InceptionRows {
  std::vector<float> pool;       // [frames, 2048]
  std::vector<float> posterior;  // [frames, 1008], the softmax (in double) of the logits without bias
};

// Loads the network at the first use. Each video is computed alone. One thread at a time; the number of CPU
// threads is set_threads()'.
class InceptionNetwork {
 public:
  explicit InceptionNetwork(WeightFile weights, Compute compute = {});
  ~InceptionNetwork();

  [[nodiscard]] const WeightFile& weights() const { return weights_; }
  // The middle frame of each of 8 equal parts of the video, each frame of a shorter one; prepared as
  // torch-fidelity does. Throws Error(kInput) for a video without frames, Error(kEnvironment) for weights
  // that are damaged.
  [[nodiscard]] InceptionRows rows(const media::Video& video);

  static constexpr size_t kFrames = 8;
  static constexpr int64_t kPoolSize = 2048;
  static constexpr int64_t kClasses = 1008;

 private:
  struct Loaded;
  WeightFile weights_;
  Compute compute_;
  std::unique_ptr<Loaded> loaded_;
};

}  // namespace vidbench::metrics
