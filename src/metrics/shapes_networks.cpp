#include "metrics/shapes_networks.h"

#include <ATen/ATen.h>

#include <optional>

#include "base/error.h"
#include "base/hash.h"
#include "shapes/evaluators.h"

namespace vidbench::metrics {
namespace {

WeightFile find_weights(const std::filesystem::path& path) {
  if (!std::filesystem::is_regular_file(path))
    return {path, "", "weights " + path.string() + " are not there"};
  return {path, sha256_file(path), ""};
}

// [1, T, H, W, 3] over the video's own memory.
at::Tensor as_tensor(const media::Video& video) {
  if (video.pixels.empty()) throw_input("the video has no frames");
  const auto size = [](size_t n) { return static_cast<int64_t>(n); };
  return at::from_blob(const_cast<uint8_t*>(video.pixels.data()),
                       {1, size(video.frames), size(video.height), size(video.width), 3}, at::kByte);
}

std::vector<float> numbers(const at::Tensor& tensor) {
  const at::Tensor flat = tensor.to(at::kFloat).contiguous();
  const float* data = flat.const_data_ptr<float>();
  return {data, data + flat.numel()};
}

}  // namespace

struct ShapesNetworks::Loaded {
  std::optional<shapes::Classifier> classifier;
  std::optional<shapes::Contrastive> contrastive;
};

ShapesNetworks::ShapesNetworks(const std::filesystem::path& folder)
    : classifier_(find_weights(folder / "classifier.safetensors")),
      contrastive_(find_weights(folder / "contrastive.safetensors")),
      loaded_(std::make_unique<Loaded>()) {}
ShapesNetworks::~ShapesNetworks() = default;

shapes::Classifier& ShapesNetworks::load_classifier() {
  if (!loaded_->classifier) loaded_->classifier = shapes::Classifier::load(classifier_.path);
  return *loaded_->classifier;
}

shapes::Contrastive& ShapesNetworks::load_contrastive() {
  if (!loaded_->contrastive) loaded_->contrastive = shapes::Contrastive::load(contrastive_.path);
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
