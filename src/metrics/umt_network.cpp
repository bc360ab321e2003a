#include "metrics/umt_network.h"

#include <c10/core/InferenceMode.h>

#include <algorithm>

#include "metrics/frame_preparation.h"
#include "metrics/human_action.h"
#include "metrics/tensors.h"
#include "nn/videomae.h"

namespace vidbench::metrics {

struct UmtNetwork::Loaded {
  nn::VideoMae network;
};

UmtNetwork::UmtNetwork(WeightFile weights, WeightFile list, Compute compute)
    : weights_(std::move(weights)), list_(std::move(list)), compute_(std::move(compute)) {}
UmtNetwork::~UmtNetwork() = default;

const std::vector<std::string>& UmtNetwork::names() {
  if (names_.empty())
    names_ =
        load_weights([&] { return read_actions(list_.path, static_cast<size_t>(nn::kUmtLarge.classes)); });
  return names_;
}

bool UmtNetwork::knows(const std::string& action) {
  return std::find(names().begin(), names().end(), action) != names().end();
}

std::vector<std::vector<std::string>> UmtNetwork::actions(Videos videos) {
  const c10::InferenceMode inference;
  if (!loaded_)
    loaded_ = load_weights([&] {
      return std::make_unique<Loaded>(
          Loaded{nn::VideoMae(weights_.path, nn::kUmtLarge, network_options(compute_))});
    });
  const at::Tensor clips = clips_of(videos, [](const media::Video& video) {
    return as_clip(normalised_for_imagenet(
        middle_opencv_pictures(video, nn::VideoMae::kFrames, /*shorter=*/256, nn::VideoMae::kSide)));
  });
  std::vector<std::vector<std::string>> seen;
  for (const std::vector<float>& logits : rows(loaded_->network.logits(clips))) {
    seen.emplace_back();
    for (const size_t index : seen_actions(logits)) seen.back().push_back(names()[index]);
  }
  return seen;
}

}  // namespace vidbench::metrics
