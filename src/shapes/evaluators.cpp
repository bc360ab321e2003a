#include "shapes/evaluators.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <array>
#include <functional>
#include <vector>

#include "shapes/caption.h"
#include "shapes/denoiser.h"
#include "shapes/video_trunk.h"
#include "shapes/weights.h"

namespace vidbench::shapes {
namespace {

constexpr int64_t kWordWidth = 32;
constexpr int64_t kTextHidden = 256;

struct Head {
  const char* name;
  int64_t classes;
};
constexpr std::array<Head, 6> kHeads = {{{"color", kColorNames.size()},
                                         {"shape", kShapeNames.size()},
                                         {"size", kSizeNames.size()},
                                         {"motion", kMotionNames.size()},
                                         {"background", kBackgroundNames.size()},
                                         {"joint", Classifier::kJointClasses}}};
static_assert(Classifier::kJointClasses == kShapeNames.size() * kMotionNames.size());

// Applies `compute` to each video alone and stacks the results.
at::Tensor one_by_one(const at::Tensor& videos, const std::function<at::Tensor(const at::Tensor&)>& compute) {
  const c10::NoGradGuard no_gradient;
  std::vector<at::Tensor> rows;
  for (int64_t i = 0; i < videos.size(0); ++i) rows.push_back(compute(clips_of(videos.narrow(0, i, 1))));
  return at::cat(rows, 0);
}

at::Tensor unit(const at::Tensor& x) { return x / x.norm(2, -1, true).clamp_min(1e-6); }

}  // namespace

Classifier::Classifier(int64_t width) : width_(width) {
  add_trunk(parameters_, width);
  parameters_.add_linear("feature", kVideoFeatures, kFeatures);
  for (const auto& head : kHeads)
    parameters_.add_linear(std::string("head_") + head.name, kFeatures, head.classes);
}

Classifier Classifier::load(const std::filesystem::path& path) {
  const WeightFile file = load_weights(path, "classifier");
  Classifier network(file.positive("width"));
  file.fill(network.parameters_);
  return network;
}

at::Tensor Classifier::clip_features(const at::Tensor& clips) const {
  const auto& p = parameters_;
  return at::relu(p.linear("feature", trunk_video(p, trunk_frames(p, clips))));
}

at::Tensor Classifier::logits(const at::Tensor& features, const std::string& head) const {
  return parameters_.linear("head_" + head, features);
}

at::Tensor Classifier::features(const at::Tensor& videos) const {
  return one_by_one(videos, [this](const at::Tensor& clips) { return clip_features(clips); });
}

at::Tensor Classifier::posteriors(const at::Tensor& videos) const {
  return one_by_one(videos, [this](const at::Tensor& clips) {
    return at::softmax(logits(clip_features(clips), "joint"), 1);
  });
}

at::Tensor Classifier::attributes(const at::Tensor& videos) const {
  return one_by_one(videos, [this](const at::Tensor& clips) {
    const at::Tensor features = clip_features(clips);
    std::vector<at::Tensor> columns;
    for (size_t h = 0; h + 1 < kHeads.size(); ++h)
      columns.push_back(logits(features, kHeads[h].name).argmax(1));
    return at::stack(columns, 1);
  });
}

Contrastive::Contrastive(int64_t width) : width_(width) {
  const auto words = static_cast<int64_t>(vocabulary().size());
  add_trunk(parameters_, width);
  parameters_.add_linear("embed_video", kVideoFeatures, kEmbedding);
  parameters_.add_linear("embed_frame", kFrameFeatures, kEmbedding);
  parameters_.add_normal("word", {words, kWordWidth}, 0.5);
  parameters_.add_linear("text1", kMaxTokens * kWordWidth, kTextHidden);
  parameters_.add_linear("text2", kTextHidden, kEmbedding);
  parameters_.add_constant("log_scale", {1}, 2.3);
}

Contrastive Contrastive::load(const std::filesystem::path& path) {
  const WeightFile file = load_weights(path, "contrastive");
  Contrastive network(file.positive("width"));
  file.fill(network.parameters_);
  return network;
}

Contrastive::ClipEmbeddings Contrastive::embed_clips(const at::Tensor& clips) const {
  const auto& p = parameters_;
  const at::Tensor frames = trunk_frames(p, clips);
  return {unit(p.linear("embed_video", trunk_video(p, frames))),
          unit(p.linear("embed_frame", at::relu(frames)))};
}

at::Tensor Contrastive::embed_tokens(const at::Tensor& tokens) const {
  const auto& p = parameters_;
  const at::Tensor words = at::embedding(p.get("word"), tokens).flatten(1);
  return unit(p.linear("text2", at::relu(p.linear("text1", words))));
}

at::Tensor Contrastive::embed_videos(const at::Tensor& videos) const {
  return one_by_one(videos, [this](const at::Tensor& clips) { return embed_clips(clips).video; });
}

at::Tensor Contrastive::embed_frames(const at::Tensor& videos) const {
  return one_by_one(videos, [this](const at::Tensor& clips) { return embed_clips(clips).frames; });
}

at::Tensor Contrastive::embed_texts(std::span<const std::string> captions) const {
  const c10::NoGradGuard no_gradient;
  std::vector<at::Tensor> rows;
  for (const auto& caption : captions) rows.push_back(embed_tokens(tokens_of(std::span(&caption, 1))));
  return at::cat(rows, 0);
}

}  // namespace vidbench::shapes
