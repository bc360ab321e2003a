// LPIPS as the metrics use it: from two decoded videos to distances of their frames. This header is free of
// libtorch.
#pragma once

#include <memory>
#include <vector>

#include "media/video.h"
#include "metrics/compute.h"
#include "metrics/weights.h"

namespace vidbench::metrics {

// Loads the network at the first use. One thread at a time; the number of CPU threads is set_threads()'.
class LpipsNetwork {
 public:
  // AlexNet's weights and those of its channels.
  LpipsNetwork(WeightFile alexnet, WeightFile channels, Compute compute = {});
  ~LpipsNetwork();

  [[nodiscard]] const WeightFile& alexnet() const { return alexnet_; }
  [[nodiscard]] const WeightFile& channels() const { return channels_; }
  // One distance for each frame; the videos have one size and length. Throws Error(kInput) for frames of
  // fewer than 31 pixels on a side, Error(kEnvironment) for weights that are damaged.
  [[nodiscard]] std::vector<float> distances(const media::Video& a, const media::Video& b);

 private:
  struct Loaded;
  WeightFile alexnet_, channels_;
  Compute compute_;
  std::unique_ptr<Loaded> loaded_;
};

}  // namespace vidbench::metrics
