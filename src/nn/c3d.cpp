#include "nn/c3d.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "base/error.h"
#include "nn/checkpoint.h"

namespace vidbench::nn {
namespace {

struct Plan {
  const char* name;
  Size3 pool;  // behind it
};
constexpr Size3 kNone = {0, 0, 0};
constexpr Size3 kSpace = {1, 2, 2};
constexpr Size3 kAll = {2, 2, 2};
constexpr std::array<Plan, 8> kPlan = {{{"conv1a", kSpace},
                                        {"conv2a", kAll},
                                        {"conv3a", kNone},
                                        {"conv3b", kAll},
                                        {"conv4a", kNone},
                                        {"conv4b", kAll},
                                        {"conv5a", kNone},
                                        {"conv5b", kAll}}};
// What the poolings leave of a channel's 16 x 112 x 112 values: 1 x 4 x 4.
constexpr int64_t kPooledValues = 16;
constexpr int64_t kMeanOffset = 8;

Linear read_chainer_linear(const StateReader& state, const std::string& name, int64_t in, int64_t out) {
  const at::Tensor weight = state.tensor(name + "/W", {out, in});
  return {weight, state.tensor(name + "/b", {weight.size(0)})};
}

at::Tensor read_mean(const std::filesystem::path& path, const NetworkOptions& options) {
  const TensorFile file = load_checkpoint(path);
  const StateReader state(file, path, "C3D's mean clip's", options);
  const at::Tensor mean = state.float_tensor("mean", {3, C3d::kFrames, -1, -1});
  if (mean.size(2) < kMeanOffset + C3d::kSide || mean.size(3) < kMeanOffset + C3d::kSide)
    state.refuse("mean");
  return mean.narrow(2, kMeanOffset, C3d::kSide).narrow(3, kMeanOffset, C3d::kSide).to(options.device);
}

}  // namespace

C3d::C3d(const std::filesystem::path& weights, const std::filesystem::path& mean,
         const NetworkOptions& options)
    : options_(options) {
  const c10::InferenceMode inference;
  mean_ = read_mean(mean, options);
  const TensorFile file = load_checkpoint(weights);
  const StateReader state(file, weights, "C3D's", options);
  int64_t channels = 3;
  for (const auto& [name, pool] : kPlan) {
    const at::Tensor weight = state.float_tensor(std::string(name) + "/W", {-1, channels, 3, 3, 3});
    channels = weight.size(0);
    const at::Tensor bias = state.float_tensor(std::string(name) + "/b", {channels});
    layers_.push_back({{weight, bias, {1, 1, 1}, /*relu=*/true, options.type, options.device}, pool});
  }
  fc6_ = read_chainer_linear(state, "fc6", channels * kPooledValues, -1);
  fc7_ = read_chainer_linear(state, "fc7", fc6_.weight.size(0), -1);
  fc8_ = read_chainer_linear(state, "fc8", fc7_.weight.size(0), kClasses);
}

at::Tensor C3d::logits(const at::Tensor& clips) {
  if (clips.dim() != 5 || clips.size(1) != 3 || clips.size(2) != kFrames || clips.size(3) != kSide ||
      clips.size(4) != kSide)
    throw Error(ErrorCode::kInternal, "C3D takes clips [N, 3, 16, 112, 112]");
  const c10::InferenceMode inference;
  at::Tensor x = clips.to(options_.device, at::kFloat).sub(mean_).to(options_.type);
  x = x.contiguous(at::MemoryFormat::ChannelsLast3d);
  for (Layer& layer : layers_) {
    x = layer.conv(x);
    if (layer.pool != kNone) x = max_pool_same(x, layer.pool, layer.pool);
  }
  return fc8_(at::relu(fc7_(at::relu(fc6_(x.flatten(1)))))).to(at::kCPU, at::kFloat);
}

at::Tensor c3d_clip(const at::Tensor& frames) {
  const c10::InferenceMode inference;
  const at::Tensor pictures = frames.flip(3).permute({0, 3, 1, 2}).to(at::kFloat);
  return at::upsample_bilinear2d(pictures, {C3d::kSide, C3d::kSide}, /*align_corners=*/true)
      .permute({1, 0, 2, 3})
      .unsqueeze(0);
}

}  // namespace vidbench::nn
