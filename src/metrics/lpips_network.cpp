#include "metrics/lpips_network.h"

#include <c10/core/InferenceMode.h>

#include <algorithm>

#include "metrics/tensors.h"
#include "nn/lpips.h"

namespace vidbench::metrics {
namespace {

constexpr int64_t kBatch = 4;  // pairs of frames at once, so that memory does not grow with the video

// [N, H, W, 3] uint8 -> [N, 3, H, W] in -1..1, channels last in memory.
at::Tensor pictures(const at::Tensor& frames) {
  return frames.permute({0, 3, 1, 2}).to(at::kFloat).mul_(2.0 / 255).sub_(1);
}

}  // namespace

struct LpipsNetwork::Loaded {
  nn::Lpips network;
};

LpipsNetwork::LpipsNetwork(WeightFile alexnet, WeightFile channels, Compute compute)
    : alexnet_(std::move(alexnet)), channels_(std::move(channels)), compute_(std::move(compute)) {}
LpipsNetwork::~LpipsNetwork() = default;

std::vector<float> LpipsNetwork::distances(const media::Video& a, const media::Video& b) {
  const c10::InferenceMode inference;
  if (!loaded_)
    loaded_ = load_weights([&] {
      return std::make_unique<Loaded>(
          Loaded{nn::Lpips(alexnet_.path, channels_.path, network_options(compute_))});
    });
  const at::Tensor x = frames_tensor(a, a.frames);
  const at::Tensor y = frames_tensor(b, b.frames);
  std::vector<float> distances;
  for (int64_t first = 0; first < x.size(0); first += kBatch) {
    const int64_t count = std::min(kBatch, x.size(0) - first);
    const std::vector<float> found =
        numbers(loaded_->network(pictures(x.narrow(0, first, count)), pictures(y.narrow(0, first, count))));
    distances.insert(distances.end(), found.begin(), found.end());
  }
  return distances;
}

}  // namespace vidbench::metrics
