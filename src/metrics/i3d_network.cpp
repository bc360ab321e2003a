#include "metrics/i3d_network.h"

#include <c10/core/InferenceMode.h>

#include "metrics/frame_preparation.h"
#include "metrics/tensors.h"
#include "nn/i3d.h"

namespace vidbench::metrics {
struct I3dNetwork::Loaded {
  nn::I3d network;
};

I3dNetwork::I3dNetwork(WeightFile weights, Compute compute)
    : weights_(std::move(weights)), compute_(std::move(compute)) {}
I3dNetwork::~I3dNetwork() = default;

std::vector<std::vector<float>> I3dNetwork::logits(Videos videos) {
  const c10::InferenceMode inference;
  if (!loaded_)
    loaded_ = load_weights(
        [&] { return std::make_unique<Loaded>(Loaded{nn::I3d(weights_.path, network_options(compute_))}); });
  return rows(loaded_->network.logits(clips_of(
      videos, [](const media::Video& video) { return nn::i3d_clip(cdfvd_frames(video, kFrames)); })));
}

}  // namespace vidbench::metrics
