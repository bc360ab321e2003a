#include "metrics/i3d_network.h"

#include <c10/core/InferenceMode.h>

#include <cmath>
#include <optional>

#include "metrics/tensors.h"
#include "nn/i3d.h"

namespace vidbench::metrics {
namespace {

constexpr int64_t kResolution = 256;

// [T, H, W, 3] uint8 -> [T, 256, 256, 3] uint8.
at::Tensor loaded_as_cdfvd(const at::Tensor& frames) {
  const int64_t height = frames.size(1);
  const int64_t width = frames.size(2);
  const double scale = static_cast<double>(kResolution) / static_cast<double>(std::min(height, width));
  const auto longer = [&](int64_t side) {
    return static_cast<int64_t>(std::ceil(static_cast<double>(side) * scale));
  };
  const int64_t new_height = height < width ? kResolution : longer(height);
  const int64_t new_width = height < width ? longer(width) : kResolution;
  const at::Tensor unit = frames.permute({0, 3, 1, 2}).to(at::kFloat).div_(255.0);
  const at::Tensor resized =
      at::_upsample_bilinear2d_aa(unit, {new_height, new_width}, /*align_corners=*/false);
  return resized.narrow(2, (new_height - kResolution) / 2, kResolution)
      .narrow(3, (new_width - kResolution) / 2, kResolution)
      .mul(255)
      .to(at::kByte)
      .permute({0, 2, 3, 1});
}

}  // namespace

struct I3dNetwork::Loaded {
  nn::I3d network;
};

I3dNetwork::I3dNetwork(WeightFile weights) : weights_(std::move(weights)) {}
I3dNetwork::~I3dNetwork() = default;

std::vector<float> I3dNetwork::logits(const media::Video& video) {
  const c10::InferenceMode inference;
  if (!loaded_)
    loaded_ = load_weights([&] { return std::make_unique<Loaded>(Loaded{nn::I3d(weights_.path)}); });
  return numbers(loaded_->network.logits(nn::i3d_clip(loaded_as_cdfvd(frames_tensor(video, kFrames)))));
}

}  // namespace vidbench::metrics
