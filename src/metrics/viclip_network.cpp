#include "metrics/viclip_network.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <optional>

#include "metrics/pictures.h"
#include "metrics/tensors.h"
#include "nn/viclip.h"
#include "text/clip_tokenizer.h"

namespace vidbench::metrics {

struct ViClipNetwork::Loaded {
  nn::ViClip network;
  std::optional<text::ClipTokenizer> tokenizer;
};

ViClipNetwork::ViClipNetwork(WeightFile weights, WeightFile merges)
    : weights_(std::move(weights)), merges_(std::move(merges)) {}
ViClipNetwork::~ViClipNetwork() = default;

ViClipNetwork::Loaded& ViClipNetwork::loaded() {
  if (!loaded_)
    loaded_ = load_weights([&] {
      return std::make_unique<Loaded>(Loaded{nn::ViClip(weights_.path), std::nullopt});
    });
  return *loaded_;
}

std::vector<float> ViClipNetwork::embed_video(const media::Video& video) {
  const c10::InferenceMode inference;
  const nn::ViClip& network = loaded().network;
  const at::Tensor pictures =
      normalised_for_clip(middle_square_pictures(video, static_cast<size_t>(network.frames()),
                                                 static_cast<size_t>(network.side()), Preparation::kRounded));
  return numbers(network.encode_videos(pictures.permute({1, 0, 2, 3}).unsqueeze(0)));
}

std::vector<float> ViClipNetwork::embed_text(const std::string& text) {
  Loaded& with = loaded();
  if (!with.tokenizer)
    with.tokenizer.emplace(load_weights([&] { return text::ClipTokenizer(merges_.path); }));
  const std::vector<int64_t> tokens =
      with.tokenizer->context(text, static_cast<size_t>(with.network.context_length()));
  return numbers(with.network.encode_texts(at::tensor(tokens).view({1, -1})));
}

}  // namespace vidbench::metrics
