// DINO as the metrics use it: from a decoded video to embeddings. This header is free of libtorch.
#pragma once

#include <memory>

#include "media/video.h"
#include "metrics/compute.h"
#include "metrics/frame_embeddings.h"
#include "metrics/weights.h"

namespace vidbench::metrics {

// Loads the network at the first use. One thread at a time; the number of CPU threads is set_threads()'.
class DinoNetwork {
 public:
  explicit DinoNetwork(WeightFile weights, Compute compute = {});
  ~DinoNetwork();

  [[nodiscard]] const WeightFile& weights() const { return weights_; }
  // The class token of every frame, prepared as VBench does: the shorter side to 224 by bilinear
  // interpolation without antialiasing, the aspect kept, no crop. Throws Error(kEnvironment) for weights that
  // are damaged.
  [[nodiscard]] FrameEmbeddings embed_frames(const media::Video& video);

 private:
  struct Loaded;
  WeightFile weights_;
  Compute compute_;
  std::unique_ptr<Loaded> loaded_;
};

}  // namespace vidbench::metrics
