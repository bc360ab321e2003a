#include "metrics/amt_network.h"

#include <c10/core/InferenceMode.h>

#include "metrics/tensors.h"
#include "nn/amt.h"
#include "nn/sampling.h"

namespace vidbench::metrics {

struct AmtNetwork::Loaded {
  nn::Amt network;
};

AmtNetwork::AmtNetwork(WeightFile weights, Compute compute)
    : weights_(std::move(weights)), compute_(std::move(compute)) {}
AmtNetwork::~AmtNetwork() = default;

AmtNetwork::Loaded& AmtNetwork::load() {
  if (!loaded_)
    loaded_ = load_weights(
        [&] { return std::make_unique<Loaded>(Loaded{nn::Amt(weights_.path, network_options(compute_))}); });
  return *loaded_;
}

std::vector<double> AmtNetwork::interpolation_errors(const media::Video& video) {
  const c10::InferenceMode inference;
  nn::Amt& network = load().network;
  const nn::ReplicationPadding padding(static_cast<int64_t>(video.height), static_cast<int64_t>(video.width),
                                       nn::Amt::kScale);
  const auto padded = [&](size_t frame) { return padding.pad(picture_tensor(video, frame)).div_(255); };
  std::vector<double> errors;
  at::Tensor before = padded(0);
  for (size_t i = 1; i + 1 < video.frames; i += 2) {
    const at::Tensor after = padded(i + 1);
    const at::Tensor between = padding.crop(network.middle(before, after)).mul(255).to(at::kCPU, at::kByte);
    const at::Tensor difference = between.to(at::kShort).sub_(picture_tensor(video, i)).abs_();
    errors.push_back(difference.sum(at::kLong).item<double>() / static_cast<double>(difference.numel()));
    before = after;
  }
  return errors;
}

}  // namespace vidbench::metrics
