#include "metrics/c3d_network.h"

#include <c10/core/InferenceMode.h>

#include "metrics/tensors.h"
#include "nn/c3d.h"

namespace vidbench::metrics {

static_assert(C3dNetwork::kFrames == nn::C3d::kFrames);
static_assert(C3dNetwork::kClasses == nn::C3d::kClasses);

struct C3dNetwork::Loaded {
  nn::C3d network;
};

C3dNetwork::C3dNetwork(WeightFile weights, WeightFile mean, Compute compute)
    : weights_(std::move(weights)), mean_(std::move(mean)), compute_(std::move(compute)) {}
C3dNetwork::~C3dNetwork() = default;

std::vector<std::vector<float>> C3dNetwork::posterior(Videos videos) {
  const c10::InferenceMode inference;
  if (!loaded_)
    loaded_ = load_weights([&] {
      return std::make_unique<Loaded>(Loaded{nn::C3d(weights_.path, mean_.path, network_options(compute_))});
    });
  const at::Tensor logits = loaded_->network.logits(clips_of(
      videos, [](const media::Video& video) { return nn::c3d_clip(frames_tensor(video, kFrames)); }));
  return rows(at::softmax(logits.to(at::kDouble), 1));
}

}  // namespace vidbench::metrics
