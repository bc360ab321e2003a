#include "metrics/dino_network.h"

#include <c10/core/InferenceMode.h>

#include <algorithm>

#include "metrics/pictures.h"
#include "metrics/tensors.h"
#include "nn/dino.h"

namespace vidbench::metrics {
namespace {

constexpr size_t kSide = 224;
constexpr size_t kFramesAtOnce = 8;

}  // namespace

struct DinoNetwork::Loaded {
  nn::Dino network;
};

DinoNetwork::DinoNetwork(WeightFile weights) : weights_(std::move(weights)) {}
DinoNetwork::~DinoNetwork() = default;

FrameEmbeddings DinoNetwork::embed_frames(const media::Video& video) {
  const c10::InferenceMode inference;
  if (!loaded_)
    loaded_ = load_weights([&] { return std::make_unique<Loaded>(Loaded{nn::Dino(weights_.path)}); });
  FrameEmbeddings result{static_cast<size_t>(loaded_->network.width()), {}};
  for (size_t t = 0; t < video.frames; t += kFramesAtOnce) {
    const size_t count = std::min(kFramesAtOnce, video.frames - t);
    const std::vector<float> values = numbers(
        loaded_->network.encode(normalised_for_imagenet(shorter_side_pictures(video, t, count, kSide))));
    result.values.insert(result.values.end(), values.begin(), values.end());
  }
  return result;
}

}  // namespace vidbench::metrics
