#include "metrics/vjepa_network.h"

#include <c10/core/InferenceMode.h>

#include "metrics/frame_preparation.h"
#include "metrics/tensors.h"
#include "nn/vjepa.h"

namespace vidbench::metrics {

static_assert(VJepaNetwork::kFrames == nn::VJepa::kFrames);

struct VJepaNetwork::Loaded {
  nn::VJepa network;
};

VJepaNetwork::VJepaNetwork(WeightFile encoder, WeightFile probe, Compute compute)
    : encoder_(std::move(encoder)), probe_(std::move(probe)), compute_(std::move(compute)) {}
VJepaNetwork::~VJepaNetwork() = default;

std::vector<std::vector<float>> VJepaNetwork::features(Videos videos) {
  const c10::InferenceMode inference;
  if (!loaded_)
    loaded_ = load_weights([&] {
      return std::make_unique<Loaded>(
          Loaded{nn::VJepa(encoder_.path, probe_.path, network_options(compute_))});
    });
  return rows(loaded_->network.features(clips_of(videos, [](const media::Video& video) {
    return as_clip(normalised_for_imagenet(stretched_pictures(video, 0, kFrames, nn::VJepa::kSide)));
  })));
}

}  // namespace vidbench::metrics
