// CLIP as the metrics use it: from decoded videos and prompts to embeddings. This header is free of libtorch.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "media/video.h"
#include "metrics/compute.h"
#include "metrics/frame_embeddings.h"
#include "metrics/weights.h"

namespace vidbench::metrics {

// Loads the network, and the list of merges for prompts, at the first use. One thread at a time; the number
// of CPU threads is set_threads()'. Its calls throw Error(kEnvironment) for weights that are damaged.
class ClipNetwork {
 public:
  // `head` is LAION's linear aesthetic head, which only aesthetic_scores() needs.
  ClipNetwork(WeightFile weights, WeightFile merges, WeightFile head = {}, Compute compute = {});
  ~ClipNetwork();

  [[nodiscard]] const WeightFile& weights() const { return weights_; }
  [[nodiscard]] const WeightFile& merges() const { return merges_; }
  [[nodiscard]] const WeightFile& head() const { return head_; }

  // Every frame, resized by Pillow's bicubic filter on bytes (the shorter side to 224) and cropped: what CLIP
  // was made for.
  [[nodiscard]] FrameEmbeddings embed_frames(const media::Video& video);
  // Every frame, resized by an unclamped bicubic filter on floats without antialiasing: what VBench feeds it.
  [[nodiscard]] FrameEmbeddings embed_frames_as_vbench(const media::Video& video);
  [[nodiscard]] std::vector<float> embed_text(const std::string& text);
  // LAION's linear head on the unit vectors of `frames`: one value a frame, about 0..10.
  [[nodiscard]] std::vector<double> aesthetic_scores(const FrameEmbeddings& frames);

 private:
  struct Loaded;
  Loaded& loaded();
  WeightFile weights_, merges_, head_;
  Compute compute_;
  std::unique_ptr<Loaded> loaded_;
};

}  // namespace vidbench::metrics
