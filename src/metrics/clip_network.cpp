#include "metrics/clip_network.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <optional>

#include "metrics/pictures.h"
#include "metrics/tensors.h"
#include "nn/checkpoint.h"
#include "nn/clip.h"
#include "text/clip_tokenizer.h"

namespace vidbench::metrics {
namespace {

constexpr size_t kFramesAtOnce = 16;

FrameEmbeddings embed(const nn::Clip& clip, const media::Video& video, Preparation preparation) {
  const c10::InferenceMode inference;
  FrameEmbeddings result{static_cast<size_t>(clip.dimensions()), {}};
  for (size_t t = 0; t < video.frames; t += kFramesAtOnce) {
    const size_t count = std::min(kFramesAtOnce, video.frames - t);
    const at::Tensor pictures =
        normalised_for_clip(square_pictures(video, t, count, static_cast<size_t>(clip.side()), preparation));
    const std::vector<float> values = numbers(clip.encode_images(pictures));
    result.values.insert(result.values.end(), values.begin(), values.end());
  }
  return result;
}

}  // namespace

struct ClipNetwork::Loaded {
  nn::Clip clip;
  std::optional<text::ClipTokenizer> tokenizer;
  at::Tensor head_weight, head_bias;
};

ClipNetwork::ClipNetwork(WeightFile weights, WeightFile merges, WeightFile head)
    : weights_(std::move(weights)), merges_(std::move(merges)), head_(std::move(head)) {}
ClipNetwork::~ClipNetwork() = default;

ClipNetwork::Loaded& ClipNetwork::loaded() {
  if (!loaded_)
    loaded_ = load_weights([&] {
      return std::make_unique<Loaded>(Loaded{nn::Clip(weights_.path), std::nullopt, {}, {}});
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
  if (!with.tokenizer)
    with.tokenizer.emplace(load_weights([&] { return text::ClipTokenizer(merges_.path); }));
  const std::vector<int64_t> tokens =
      with.tokenizer->context(text, static_cast<size_t>(with.clip.context_length()));
  return numbers(with.clip.encode_texts(at::tensor(tokens).view({1, -1})));
}

std::vector<double> ClipNetwork::aesthetic_scores(const FrameEmbeddings& frames) {
  const c10::InferenceMode inference;
  Loaded& with = loaded();
  if (!with.head_weight.defined())
    load_weights([&] {
      const nn::TensorFile file = nn::load_checkpoint(head_.path);
      const nn::StateReader state(file, head_.path, "the aesthetic head", at::kFloat, at::kCPU);
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
