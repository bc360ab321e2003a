#include "metrics/videomae_network.h"

#include <c10/core/InferenceMode.h>

#include "metrics/frame_preparation.h"
#include "metrics/tensors.h"
#include "nn/videomae.h"

namespace vidbench::metrics {

struct VideoMaeNetwork::Loaded {
  nn::VideoMae network;
};

namespace {

at::Tensor clip(const media::Video& video) {
  const at::Tensor frames =
      cdfvd_frames(video, VideoMaeNetwork::kFrames).permute({0, 3, 1, 2}).to(at::kFloat).div_(255);
  return as_clip(at::upsample_bilinear2d(frames, {nn::VideoMae::kSide, nn::VideoMae::kSide},
                                         /*align_corners=*/false));
}

}  // namespace

VideoMaeNetwork::VideoMaeNetwork(WeightFile weights, Compute compute)
    : weights_(std::move(weights)), compute_(std::move(compute)) {}
VideoMaeNetwork::~VideoMaeNetwork() = default;

std::vector<std::vector<float>> VideoMaeNetwork::features(Videos videos) {
  const c10::InferenceMode inference;
  if (!loaded_)
    loaded_ = load_weights([&] {
      return std::make_unique<Loaded>(
          Loaded{nn::VideoMae(weights_.path, nn::kVideoMaeGiant, network_options(compute_))});
    });
  return rows(loaded_->network.features(clips_of(videos, clip)));
}

}  // namespace vidbench::metrics
