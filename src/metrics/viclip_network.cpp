#include "metrics/viclip_network.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "metrics/clip_prompts.h"
#include "metrics/frame_preparation.h"
#include "metrics/tensors.h"
#include "nn/viclip.h"

namespace vidbench::metrics {

struct ViClipNetwork::Loaded {
  nn::ViClip network;
  ClipPrompts prompts;
};

ViClipNetwork::ViClipNetwork(WeightFile weights, WeightFile merges, Compute compute)
    : weights_(std::move(weights)), merges_(std::move(merges)), compute_(std::move(compute)) {}
ViClipNetwork::~ViClipNetwork() = default;

ViClipNetwork::Loaded& ViClipNetwork::loaded() {
  if (!loaded_)
    loaded_ = load_weights([&] {
      return std::make_unique<Loaded>(
          Loaded{nn::ViClip(weights_.path, network_options(compute_)), ClipPrompts(merges_.path)});
    });
  return *loaded_;
}

std::vector<std::vector<float>> ViClipNetwork::embed_videos(Videos videos) {
  const c10::InferenceMode inference;
  const nn::ViClip& network = loaded().network;
  return rows(network.encode_videos(clips_of(videos, [&](const media::Video& video) {
    return as_clip(normalised_for_clip(middle_square_pictures(video, static_cast<size_t>(network.frames()),
                                                              static_cast<size_t>(network.side()),
                                                              Preparation::kRounded)));
  })));
}

std::vector<float> ViClipNetwork::embed_text(const std::string& text) {
  Loaded& with = loaded();
  return numbers(with.network.encode_texts(with.prompts.tokens(text, with.network.context_length())));
}

}  // namespace vidbench::metrics
