#include "metrics/inception_network.h"

#include <c10/core/InferenceMode.h>

#include <algorithm>

#include "media/sample.h"
#include "metrics/tensors.h"
#include "nn/inception.h"

namespace vidbench::metrics {

static_assert(InceptionNetwork::kPoolSize == nn::Inception::kFeatures);
static_assert(InceptionNetwork::kClasses == nn::Inception::kClasses);

struct InceptionNetwork::Loaded {
  nn::Inception network;
};

InceptionNetwork::InceptionNetwork(WeightFile weights, Compute compute)
    : weights_(std::move(weights)), compute_(std::move(compute)) {}
InceptionNetwork::~InceptionNetwork() = default;

InceptionRows InceptionNetwork::rows(const media::Video& video) {
  const c10::InferenceMode inference;
  const at::Tensor frames = frames_tensor(video, video.frames);
  const auto chosen = media::sample_indices(
      video.frames, {media::SamplePolicy::Kind::kMiddle, std::min(kFrames, video.frames)});
  const at::Tensor indices = at::tensor(std::vector<int64_t>(chosen.begin(), chosen.end()));
  if (!loaded_)
    loaded_ = load_weights([&] {
      return std::make_unique<Loaded>(Loaded{nn::Inception(weights_.path, network_options(compute_))});
    });
  const auto [pool, logits] = loaded_->network(nn::inception_pictures(frames.index_select(0, indices)));
  return {numbers(pool), numbers(at::softmax(logits.to(at::kDouble), 1))};
}

}  // namespace vidbench::metrics
