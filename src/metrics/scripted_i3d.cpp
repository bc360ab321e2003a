#include "metrics/scripted_i3d.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>

#include "base/error.h"
#include "metrics/tensors.h"
#include "nn/torchscript.h"

namespace vidbench::metrics {
struct ScriptedI3d::Loaded {
  nn::TorchScript program;
};

ScriptedI3d::ScriptedI3d(WeightFile weights) : weights_(std::move(weights)) {}
ScriptedI3d::~ScriptedI3d() = default;

std::vector<float> ScriptedI3d::logits(const media::Video& video) {
  const c10::InferenceMode inference;
  if (!loaded_)
    loaded_ = load_weights([&] { return std::make_unique<Loaded>(Loaded{nn::TorchScript(weights_.path)}); });
  const at::Tensor frames = frames_tensor(video, kFrames);  // [T, H, W, 3]
  const int64_t height = frames.size(1), width = frames.size(2), side = std::min(height, width);
  const at::Tensor clip = frames.narrow(1, (height - side) / 2, side)
                              .narrow(2, (width - side) / 2, side)
                              .permute({3, 0, 1, 2})
                              .to(at::kFloat)
                              .contiguous()
                              .unsqueeze(0);
  const at::Tensor logits =
      loaded_->program(clip, {{"rescale", true}, {"resize", true}, {"return_features", true}});
  if (logits.numel() != static_cast<int64_t>(kLogits))
    throw_input(
        weights_.path.string() + ": it gives " + std::to_string(logits.numel()) + " numbers a video, not 400",
        "the file belongs to another network");
  return numbers(logits.reshape({1, -1}));
}

}  // namespace vidbench::metrics
