#include "metrics/musiq_network.h"

#include <c10/core/InferenceMode.h>

#include <algorithm>

#include "metrics/frame_preparation.h"
#include "metrics/tensors.h"
#include "nn/musiq.h"

namespace vidbench::metrics {
namespace {

constexpr size_t kLongest = 512;

}  // namespace

struct MusiqNetwork::Loaded {
  nn::Musiq network;
};

MusiqNetwork::MusiqNetwork(WeightFile weights, Compute compute)
    : weights_(std::move(weights)), compute_(std::move(compute)) {}
MusiqNetwork::~MusiqNetwork() = default;

std::vector<double> MusiqNetwork::qualities(const media::Video& video) {
  const c10::InferenceMode inference;
  if (!loaded_)
    loaded_ = load_weights([&] {
      return std::make_unique<Loaded>(Loaded{nn::Musiq(weights_.path, network_options(compute_))});
    });
  std::vector<double> all;
  for (size_t t = 0; t < video.frames; ++t)
    all.push_back(loaded_->network.quality(limited_picture(video, t, kLongest)));
  return all;
}

}  // namespace vidbench::metrics
