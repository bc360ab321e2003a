#include "shapes/trainer.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "shapes/audit.h"
#include "shapes/caption.h"
#include "shapes/evaluator_training.h"
#include "shapes/sampler.h"
#include "shapes/training_run.h"
#include "shapes/video_file.h"

namespace vidbench::shapes {
namespace {

constexpr int kCheckedCaptions = 40;

// Noise levels [count] spread evenly over the batch, then shifted towards t = 1.
at::Tensor sample_times(Random& random, int64_t count, double shift) {
  at::Tensor times = at::empty({count});
  auto values = times.accessor<float, 1>();
  for (int64_t i = 0; i < count; ++i) {
    const double even = (static_cast<double>(i) + random.uniform()) / static_cast<double>(count);
    values[i] = static_cast<float>(std::max(shifted_time(even, shift), 1e-3));
  }
  return times;
}

Batch diffusion_batch(const Recipe& recipe, int64_t step) {
  Random random(recipe.seed * 7'368'787 + static_cast<uint64_t>(step) * 2'654'435'761);
  std::vector<Video> videos;
  std::vector<std::string> captions;
  for (int64_t i = 0; i < recipe.batch; ++i) {
    const SceneSpec scene = sample_training_scene(random, recipe.two_objects);
    videos.push_back(render(scene, random.next()));
    const bool dropped = random.uniform() < recipe.caption_dropout;
    captions.push_back(dropped ? std::string() : caption_of(scene));
  }
  const double shift = step < decay_start(recipe) ? recipe.time_shift : recipe.late_time_shift;
  return {{"clean", patches_of(videos)},
          {"tokens", tokens_of(captions)},
          {"times", sample_times(random, recipe.batch, shift)}};
}

// The flow's squared velocity error, which is the clean video's divided by t².
at::Tensor diffusion_loss(const Denoiser& denoiser, const Recipe& recipe, const Batch& batch,
                          const at::Device& device) {
  const at::Tensor clean = batch.at("clean").to(device);
  const at::Tensor t = batch.at("times").to(device);
  const at::Tensor wide = t.view({-1, 1, 1});
  const at::Tensor noisy = (1 - wide) * clean + wide * at::randn_like(clean);
  const at::Tensor predicted = denoiser.predict(noisy, t, batch.at("tokens").to(device));
  const at::Tensor error = (predicted - clean).square().mean({1, 2});
  return (error / t.clamp_min(recipe.min_weight_time).square()).mean();
}

void train_denoiser(const Recipe& recipe, const TrainOptions& options, const at::Device& device) {
  Denoiser denoiser(recipe.denoiser);
  denoiser.to(device);
  denoiser.parameters().set_bf16_products(recipe.bf16_products);
  TrainingTask task;
  task.parameters = &denoiser.parameters();
  task.metadata = {{"network", "denoiser"}, {"name", recipe.name}, {"size", recipe.denoiser.json()}};
  task.make_batch = [&](int64_t step) { return diffusion_batch(recipe, step); };
  task.loss = [&](const Batch& batch) { return diffusion_loss(denoiser, recipe, batch, device); };
  task.measure = [&](const Parameters& average, const std::filesystem::path& out) {
    Denoiser copy(recipe.denoiser);
    copy.to(device);
    copy.parameters().assign(average.all(), "", "the averaged weights");
    std::vector<Video> videos;
    const auto rates = audit(copy, {.steps = 10, .guidance = 1.5}, kCheckedCaptions, 1, 20, &videos);
    write_videos(out / "samples.npy", videos);
    return rates.json();
  };
  run_training(recipe, options, task);
}

}  // namespace

void train(Recipe recipe, const TrainOptions& options) {
  if (options.steps > 0) recipe.steps = options.steps;
  at::manual_seed(recipe.seed);
  const at::Device device(options.device);
  switch (recipe.kind) {
    case NetworkKind::kDenoiser:
      return train_denoiser(recipe, options, device);
    case NetworkKind::kClassifier:
      return train_classifier(recipe, options, device);
    case NetworkKind::kContrastive:
      return train_contrastive(recipe, options, device);
  }
}

}  // namespace vidbench::shapes
