#include "metrics/shapes_networks.h"

#include <optional>

#include "metrics/tensors.h"
#include "shapes/evaluators.h"

namespace vidbench::metrics {
namespace {

// [1, T, H, W, 3]
at::Tensor as_tensor(const media::Video& video) { return frames_tensor(video, video.frames).unsqueeze(0); }

}  // namespace

struct ShapesNetworks::Loaded {
  std::optional<shapes::Classifier> classifier;
  std::optional<shapes::Contrastive> contrastive;
};

ShapesNetworks::ShapesNetworks(const std::filesystem::path& folder)
    : classifier_(weight_file(folder / "classifier.safetensors")),
      contrastive_(weight_file(folder / "contrastive.safetensors")),
      loaded_(std::make_unique<Loaded>()) {}
ShapesNetworks::~ShapesNetworks() = default;

shapes::Classifier& ShapesNetworks::load_classifier() {
  if (!loaded_->classifier)
    loaded_->classifier = load_weights([&] { return shapes::Classifier::load(classifier_.path); });
  return *loaded_->classifier;
}

shapes::Contrastive& ShapesNetworks::load_contrastive() {
  if (!loaded_->contrastive)
    loaded_->contrastive = load_weights([&] { return shapes::Contrastive::load(contrastive_.path); });
  return *loaded_->contrastive;
}

std::vector<float> ShapesNetworks::classifier_features(const media::Video& video) {
  return numbers(load_classifier().features(as_tensor(video)));
}
std::vector<float> ShapesNetworks::classifier_posterior(const media::Video& video) {
  return numbers(load_classifier().posteriors(as_tensor(video)));
}
std::vector<float> ShapesNetworks::embed_video(const media::Video& video) {
  return numbers(load_contrastive().embed_videos(as_tensor(video)));
}
std::vector<float> ShapesNetworks::embed_text(const std::string& caption) {
  return numbers(load_contrastive().embed_texts(std::span(&caption, 1)));
}
std::vector<float> ShapesNetworks::embed_frames(const media::Video& video) {
  return numbers(load_contrastive().embed_frames(as_tensor(video)));
}

}  // namespace vidbench::metrics
