// The evaluation networks of the shapes world as the metrics use them: found by place, named by digest,
// loaded at the first use. This header is free of libtorch.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "media/video.h"
#include "metrics/weights.h"

namespace vidbench::shapes {
class Classifier;
class Contrastive;
}  // namespace vidbench::shapes

namespace vidbench::metrics {

// Videos of any size and length: the networks take 16 frames at even distances and resize them to 32x32. Each
// video is computed alone. One thread at a time; the number of CPU threads is set_threads()'.
class ShapesNetworks {
 public:
  // `folder` holds classifier.safetensors and contrastive.safetensors.
  explicit ShapesNetworks(const std::filesystem::path& folder);
  ~ShapesNetworks();

  [[nodiscard]] const WeightFile& classifier() const { return classifier_; }
  [[nodiscard]] const WeightFile& contrastive() const { return contrastive_; }

  // These throw Error(kEnvironment) for weights that are damaged, Error(kInput) for an empty video.
  [[nodiscard]] std::vector<float> classifier_features(const media::Video& video);   // [48]
  [[nodiscard]] std::vector<float> classifier_posterior(const media::Video& video);  // [40], sums to 1
  // Unit vectors [64]; their scalar product is the cosine.
  [[nodiscard]] std::vector<float> embed_video(const media::Video& video);
  [[nodiscard]] std::vector<float> embed_text(const std::string& caption);
  [[nodiscard]] std::vector<float> embed_frames(const media::Video& video);  // [16 · 64]

  static constexpr size_t kEmbedding = 64;

 private:
  struct Loaded;
  shapes::Classifier& load_classifier();
  shapes::Contrastive& load_contrastive();

  WeightFile classifier_, contrastive_;
  std::unique_ptr<Loaded> loaded_;
};

}  // namespace vidbench::metrics
