#include "metrics/clip_network.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "metrics/clip_prompts.h"
#include "metrics/frame_preparation.h"
#include "metrics/tensors.h"
#include "nn/checkpoint.h"
#include "nn/clip.h"

namespace vidbench::metrics {
namespace {

constexpr size_t kFramesAtOnce = 16;

FrameEmbeddings embed(const nn::Clip& clip, const media::Video& video, Preparation preparation) {
  const c10::InferenceMode inference;
  return embed_by_parts(video.frames, kFramesAtOnce, clip.dimensions(), [&](size_t first, size_t count) {
    return clip.encode_images(normalised_for_clip(
        square_pictures(video, first, count, static_cast<size_t>(clip.side()), preparation)));
  });
}

}  // namespace

struct ClipNetwork::Loaded {
  nn::Clip clip;
  ClipPrompts prompts;
  at::Tensor head_weight, head_bias;
};

ClipNetwork::ClipNetwork(WeightFile weights, WeightFile merges, WeightFile head, Compute compute)
    : weights_(std::move(weights)),
      merges_(std::move(merges)),
      head_(std::move(head)),
      compute_(std::move(compute)) {}
ClipNetwork::~ClipNetwork() = default;

ClipNetwork::Loaded& ClipNetwork::loaded() {
  if (!loaded_)
    loaded_ = load_weights([&] {
      return std::make_unique<Loaded>(
          Loaded{nn::Clip(weights_.path, network_options(compute_)), ClipPrompts(merges_.path), {}, {}});
    });
  return *loaded_;
}

FrameEmbeddings ClipNetwork::embed_frames(const media::Video& video) {
  return embed(loaded().clip, video, Preparation::kPillow);
}

FrameEmbeddings ClipNetwork::embed_frames_as_vbench(const media::Video& video) {
  return embed(loaded().clip, video, Preparation::kTensor);
}

std::vector<float> ClipNetwork::embed_text(const std::string& text) {
  Loaded& with = loaded();
  return numbers(with.clip.encode_texts(with.prompts.tokens(text, with.clip.context_length())));
}

std::vector<double> ClipNetwork::aesthetic_scores(const FrameEmbeddings& frames) {
  const c10::InferenceMode inference;
  Loaded& with = loaded();
  if (!with.head_weight.defined())
    load_weights([&] {
      const nn::TensorFile file = nn::load_checkpoint(head_.path);
      const nn::StateReader state(file, head_.path, "the aesthetic head's", {});
      with.head_bias = state.tensor("bias", {1});
      with.head_weight = state.tensor("weight", {1, with.clip.dimensions()});
      return 0;
    });
  const auto count = static_cast<int64_t>(frames.frames());
  const at::Tensor rows = at::tensor(at::ArrayRef<float>(frames.values)).view({count, -1});
  const at::Tensor unit = rows / rows.norm(2, -1, /*keepdim=*/true);
  const std::vector<float> values = numbers(at::linear(unit, with.head_weight, with.head_bias));
  return {values.begin(), values.end()};
}

}  // namespace vidbench::metrics
