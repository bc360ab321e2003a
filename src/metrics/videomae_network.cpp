#include "metrics/videomae_network.h"

#include <c10/core/InferenceMode.h>

#include "metrics/frame_preparation.h"
#include "metrics/tensors.h"
#include "nn/videomae.h"

namespace vidbench::metrics {

struct VideoMaeNetwork::Loaded {
  nn::VideoMae network;
};

VideoMaeNetwork::VideoMaeNetwork(WeightFile weights, Compute compute)
    : weights_(std::move(weights)), compute_(std::move(compute)) {}
VideoMaeNetwork::~VideoMaeNetwork() = default;

std::vector<float> VideoMaeNetwork::features(const media::Video& video) {
  const c10::InferenceMode inference;
  if (!loaded_)
    loaded_ = load_weights([&] {
      return std::make_unique<Loaded>(
          Loaded{nn::VideoMae(weights_.path, nn::kVideoMaeGiant, network_options(compute_))});
    });
  const at::Tensor frames = cdfvd_frames(video, kFrames).permute({0, 3, 1, 2}).to(at::kFloat).div_(255);
  const at::Tensor pictures = at::upsample_bilinear2d(frames, {nn::VideoMae::kSide, nn::VideoMae::kSide},
                                                      /*align_corners=*/false);
  return numbers(loaded_->network.features(pictures.permute({1, 0, 2, 3}).unsqueeze(0)));
}

}  // namespace vidbench::metrics
