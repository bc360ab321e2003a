#include "metrics/dino_network.h"

#include <c10/core/InferenceMode.h>

#include "metrics/frame_preparation.h"
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

DinoNetwork::DinoNetwork(WeightFile weights, Compute compute)
    : weights_(std::move(weights)), compute_(std::move(compute)) {}
DinoNetwork::~DinoNetwork() = default;

FrameEmbeddings DinoNetwork::embed_frames(const media::Video& video) {
  const c10::InferenceMode inference;
  if (!loaded_)
    loaded_ = load_weights(
        [&] { return std::make_unique<Loaded>(Loaded{nn::Dino(weights_.path, network_options(compute_))}); });
  const nn::Dino& network = loaded_->network;
  return embed_by_parts(video.frames, kFramesAtOnce, network.width(), [&](size_t first, size_t count) {
    return network.encode(normalised_for_imagenet(shorter_side_pictures(video, first, count, kSide)));
  });
}

}  // namespace vidbench::metrics
