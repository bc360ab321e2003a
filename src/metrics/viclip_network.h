// ViCLIP as the metrics use it: from decoded videos and prompts to embeddings. This header is free of
// libtorch.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "media/video.h"
#include "metrics/compute.h"
#include "metrics/videos.h"
#include "metrics/weights.h"

namespace vidbench::metrics {

// Loads the network, and the list of merges for prompts, at the first use. One thread at a time; the number
// of CPU threads is set_threads()'. Its calls throw Error(kEnvironment) for weights that are damaged.
class ViClipNetwork {
 public:
  ViClipNetwork(WeightFile weights, WeightFile merges, Compute compute = {});
  ~ViClipNetwork();

  [[nodiscard]] const WeightFile& weights() const { return weights_; }
  [[nodiscard]] const WeightFile& merges() const { return merges_; }
  // Of each video eight frames in the middle of equal parts, resized on bytes by bicubic interpolation
  // without antialiasing (the shorter side to 224) and cropped, as VBench does.
  [[nodiscard]] std::vector<std::vector<float>> embed_videos(Videos videos);
  [[nodiscard]] std::vector<float> embed_text(const std::string& text);

 private:
  struct Loaded;
  Loaded& loaded();
  WeightFile weights_, merges_;
  Compute compute_;
  std::unique_ptr<Loaded> loaded_;
};

}  // namespace vidbench::metrics
