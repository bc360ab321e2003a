#include "shapes/evaluator_training.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <array>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "shapes/caption.h"
#include "shapes/denoiser.h"
#include "shapes/evaluators.h"
#include "shapes/training_run.h"
#include "shapes/video_trunk.h"

namespace vidbench::shapes {
namespace {

constexpr int kValidationVideos = 256;
constexpr uint64_t kValidationSeed = 987'654;
constexpr int kVariants = 4;  // captions of a contrastive batch that differ in one attribute only
constexpr double kFrameLossWeight = 0.5;

at::Tensor bytes_of(std::span<const Video> videos) {
  at::Tensor bytes = at::empty({static_cast<int64_t>(videos.size()), kFrames, kSide, kSide, 3}, at::kByte);
  auto* out = bytes.data_ptr<uint8_t>();
  for (const auto& video : videos) {
    std::memcpy(out, video.pixels.data(), video.pixels.size());
    out += video.pixels.size();
  }
  return bytes;
}

// Half of the clips get noise of up to a tenth of the range, a third are blurred.
at::Tensor degraded(const at::Tensor& clips, Random& random) {
  at::Tensor result = clips.clone();
  // The batch is made beside the training: its noise may not come from the global generator.
  const auto generator = at::make_generator<at::CPUGeneratorImpl>(random.next());
  for (int64_t i = 0; i < clips.size(0); ++i) {
    at::Tensor clip = result[i];
    if (random.uniform() < 0.33) clip.copy_(at::avg_pool2d(clip, 3, 1, 1, false, false));
    if (random.uniform() < 0.5) clip.add_(at::randn(clip.sizes(), generator) * random.uniform(0, 0.2));
  }
  return result;
}

struct Examples {
  std::vector<Video> videos;
  std::vector<SceneSpec> scenes;
  void add(const SceneSpec& scene, uint64_t seed) {
    videos.push_back(render(scene, seed));
    scenes.push_back(scene);
  }
};

at::Tensor labels_of(std::span<const SceneSpec> scenes) {
  at::Tensor labels = at::empty({static_cast<int64_t>(scenes.size()), 6}, at::kLong);
  auto* out = labels.data_ptr<int64_t>();
  for (const auto& scene : scenes) {
    const auto& o = scene.objects.front();
    const std::array<size_t, 6> row = {
        index(o.color),  index(o.shape),          index(o.size),
        index(o.motion), index(scene.background), index(o.shape) * kMotionNames.size() + index(o.motion)};
    out = std::copy(row.begin(), row.end(), out);
  }
  return labels;
}
constexpr std::array<const char*, 6> kLabelHeads = {"color",  "shape",      "size",
                                                    "motion", "background", "joint"};

Random random_of(const Recipe& recipe, int64_t step) {
  return Random(recipe.seed * 6'700'417 + static_cast<uint64_t>(step) * 2'654'435'761);
}

// Held-out captions, which no training has seen.
Examples validation_set() {
  Examples examples;
  const auto scenes = one_object_scenes(true);
  for (int i = 0; i < kValidationVideos; ++i) {
    examples.add(scenes[static_cast<size_t>(i)], kValidationSeed + static_cast<uint64_t>(i));
  }
  return examples;
}

Json classifier_accuracy(const Classifier& network, const Examples& examples, const at::Device& device) {
  const at::Tensor features = network.clip_features(clips_of(bytes_of(examples.videos)).to(device));
  const at::Tensor labels = labels_of(examples.scenes).to(device);
  Json result;
  for (size_t h = 0; h < kLabelHeads.size(); ++h) {
    const at::Tensor right =
        network.logits(features, kLabelHeads[h]).argmax(1) == labels.select(1, static_cast<int64_t>(h));
    result[kLabelHeads[h]] = right.to(at::kFloat).mean().item<double>();
  }
  return result;
}

// Changes one attribute of the scene's object, or the background.
SceneSpec variant_of(SceneSpec scene, Random& random) {
  const auto other = [&random](auto& value, size_t count) {
    value = static_cast<std::remove_reference_t<decltype(value)>>(
        (index(value) + 1 + random.below(count - 1)) % count);
  };
  auto& o = scene.objects.front();
  switch (random.below(5)) {
    case 0:
      other(o.color, kColorNames.size());
      break;
    case 1:
      other(o.shape, kShapeNames.size());
      break;
    case 2:
      other(o.size, kSizeNames.size());
      break;
    case 3:
      other(o.motion, kMotionNames.size());
      break;
    default:
      other(scene.background, kBackgroundNames.size());
      break;
  }
  return scene;
}

Batch contrastive_batch(const Recipe& recipe, int64_t step) {
  Random random = random_of(recipe, step);
  Examples examples;
  std::vector<std::string> captions;
  while (static_cast<int64_t>(captions.size()) < recipe.batch) {
    const SceneSpec base = sample_training_scene(random, recipe.two_objects);
    for (int k = 0; k < kVariants && static_cast<int64_t>(captions.size()) < recipe.batch; ++k) {
      const SceneSpec scene = k == 0 ? base : variant_of(base, random);
      const std::string caption = caption_of(scene);
      if (is_held_out(caption) || std::find(captions.begin(), captions.end(), caption) != captions.end())
        continue;
      examples.add(scene, random.next());
      captions.push_back(caption);
    }
  }
  return {{"clips", degraded(clips_of(bytes_of(examples.videos)), random)}, {"tokens", tokens_of(captions)}};
}

// Symmetric cross-entropy of the similarity matrix (Radford et al. 2021, arXiv:2103.00020).
at::Tensor matching_loss(const at::Tensor& similarities) {
  const at::Tensor target =
      at::arange(similarities.size(0), at::TensorOptions(at::kLong).device(similarities.device()));
  return (at::cross_entropy_loss(similarities, target) + at::cross_entropy_loss(similarities.t(), target)) /
         2;
}

at::Tensor contrastive_loss(const Contrastive& network, const at::Tensor& clips, const at::Tensor& tokens) {
  const auto embedded = network.embed_clips(clips);
  const at::Tensor text = network.embed_tokens(tokens);
  const at::Tensor scale = network.parameters().get("log_scale").exp().clamp_max(100);
  const at::Tensor frame = embedded.frames.select(1, at::randint(kFrames, {1}).item<int64_t>());
  return matching_loss(scale * at::mm(embedded.video, text.t())) +
         kFrameLossWeight * matching_loss(scale * at::mm(frame, text.t()));
}

// Share of held-out videos whose own caption is nearer than every other caption of a group of 32.
Json retrieval_accuracy(const Contrastive& network, const Examples& examples, const at::Device& device) {
  std::vector<std::string> captions;
  for (const auto& scene : examples.scenes) captions.push_back(caption_of(scene));
  const at::Tensor video = network.embed_clips(clips_of(bytes_of(examples.videos)).to(device)).video;
  const at::Tensor text = network.embed_tokens(tokens_of(captions).to(device));
  const at::Tensor similarities =
      at::mm(video, text.t()).view({kValidationVideos / 32, 32, kValidationVideos});
  int64_t right = 0;
  for (int64_t g = 0; g < similarities.size(0); ++g) {
    const at::Tensor group = similarities[g].narrow(1, g * 32, 32);
    right += (group.argmax(1) == at::arange(32, group.options().dtype(at::kLong))).sum().item<int64_t>();
  }
  return {{"retrieval_of_32", static_cast<double>(right) / kValidationVideos},
          {"own_similarity", at::diagonal(at::mm(video, text.t())).mean().item<double>()}};
}

}  // namespace

void train_classifier(const Recipe& recipe, const TrainOptions& options, const at::Device& device) {
  Classifier network(recipe.width);
  network.parameters().to(at::kFloat, device);
  const Examples validation = validation_set();
  TrainingTask task;
  task.parameters = &network.parameters();
  task.metadata = {{"network", "classifier"}, {"name", recipe.name}, {"size", {{"width", recipe.width}}}};
  task.make_batch = [&](int64_t step) -> Batch {
    Random random = random_of(recipe, step);
    Examples examples;
    for (int64_t i = 0; i < recipe.batch; ++i) examples.add(sample_training_scene(random, 0), random.next());
    return {{"clips", degraded(clips_of(bytes_of(examples.videos)), random)},
            {"labels", labels_of(examples.scenes)}};
  };
  task.loss = [&](const Batch& batch) {
    const at::Tensor features = network.clip_features(batch.at("clips").to(device));
    const at::Tensor labels = batch.at("labels").to(device);
    at::Tensor loss = at::zeros({}, features.options());
    for (size_t h = 0; h < kLabelHeads.size(); ++h) {
      const at::Tensor logits = network.logits(features, kLabelHeads[h]);
      loss = loss + at::cross_entropy_loss(logits, labels.select(1, static_cast<int64_t>(h)), {},
                                           at::Reduction::Mean, -100, 0.05);
    }
    return loss;
  };
  task.measure = [&](const Parameters& average, const std::filesystem::path&) {
    Classifier copy(recipe.width);
    copy.parameters().to(at::kFloat, device);
    copy.parameters().assign(average.all(), "", "the averaged weights");
    return classifier_accuracy(copy, validation, device);
  };
  run_training(recipe, options, task);
}

void train_contrastive(const Recipe& recipe, const TrainOptions& options, const at::Device& device) {
  Contrastive network(recipe.width);
  network.parameters().to(at::kFloat, device);
  const Examples validation = validation_set();
  TrainingTask task;
  task.parameters = &network.parameters();
  task.metadata = {{"network", "contrastive"}, {"name", recipe.name}, {"size", {{"width", recipe.width}}}};
  task.make_batch = [&](int64_t step) { return contrastive_batch(recipe, step); };
  task.loss = [&](const Batch& batch) {
    return contrastive_loss(network, batch.at("clips").to(device), batch.at("tokens").to(device));
  };
  task.measure = [&](const Parameters& average, const std::filesystem::path&) {
    Contrastive copy(recipe.width);
    copy.parameters().to(at::kFloat, device);
    copy.parameters().assign(average.all(), "", "the averaged weights");
    return retrieval_accuracy(copy, validation, device);
  };
  run_training(recipe, options, task);
}

}  // namespace vidbench::shapes
