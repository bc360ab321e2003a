// AMT-S as the metrics use it: from a decoded video to how well its frames are foretold by their neighbours.
// This header is free of libtorch.
#pragma once

#include <memory>
#include <vector>

#include "media/video.h"
#include "metrics/compute.h"
#include "metrics/weights.h"

namespace vidbench::metrics {

// Loads the network at the first use. One thread at a time; the number of CPU threads is set_threads()'.
// Frames go through one after the other: memory does not grow with their number.
class AmtNetwork {
 public:
  // The least height and width of a picture; the coarsest correlation of smaller ones is one value wide, and
  // the official implementation divides by zero.
  static constexpr size_t kMinSide = 113;

  explicit AmtNetwork(WeightFile weights, Compute compute = {});
  ~AmtNetwork();

  [[nodiscard]] const WeightFile& weights() const { return weights_; }

  // For each frame with an odd number (from 0) that has a frame behind it: the mean absolute difference,
  // 0..255 over pixels and channels, to the frame that is interpolated between its neighbours and cut to
  // whole bytes. At the video's own size, at least kMinSide. Throws Error(kEnvironment) for weights that are
  // damaged.
  [[nodiscard]] std::vector<double> interpolation_errors(const media::Video& video);

 private:
  struct Loaded;
  [[nodiscard]] Loaded& load();

  WeightFile weights_;
  Compute compute_;
  std::unique_ptr<Loaded> loaded_;
};

}  // namespace vidbench::metrics
