#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "nn/safetensors.h"
#include "shapes/audit.h"
#include "shapes/evaluators.h"
#include "shapes/recipe.h"
#include "shapes/sampler.h"
#include "shapes/trainer.h"
#include "shapes/weights.h"

namespace vidbench::shapes {
namespace {

const std::filesystem::path kModels = std::filesystem::path(VIDBENCH_SOURCE_DIR) / "models" / "shapes";

Denoiser tiny() {
  at::manual_seed(7);
  Denoiser denoiser({.width = 24, .depth = 1, .heads = 2, .text_width = 8});
  // Zero-initialised layers would hide the input.
  for (const auto& [name, tensor] : denoiser.parameters().all()) at::Tensor(tensor).data().normal_(0, 0.1);
  return denoiser;
}

std::vector<SampleRequest> requests() {
  return {{"a small red circle moving left on a black background", 5, ""},
          {"a large blue square standing still on a white background", 6, ""},
          {"a medium green ring circling on a striped background", 7, ""}};
}

double mean_difference(const Video& a, const Video& b) {
  double sum = 0;
  for (size_t i = 0; i < a.pixels.size(); ++i) sum += std::abs(int{a.pixels[i]} - int{b.pixels[i]});
  return sum / static_cast<double>(a.pixels.size());
}

TEST(Patches, RoundTrip) {
  const auto scenes = one_object_scenes(true);
  const std::vector<Video> videos = {render(scenes[0], 1), render(scenes[1], 2)};
  const at::Tensor patches = patches_of(videos);
  ASSERT_EQ(patches.sizes(), (std::vector<int64_t>{2, kPatches, kPatchValues}));
  const auto back = videos_of(patches);
  EXPECT_EQ(back[0].pixels, videos[0].pixels);
  EXPECT_EQ(back[1].pixels, videos[1].pixels);
}

TEST(Sampler, SameSeedSameBytes) {
  const Denoiser denoiser = tiny();
  for (const auto kind : {SamplerKind::kEuler, SamplerKind::kSde}) {
    const SamplerSettings settings{.kind = kind, .steps = 3};
    const auto first = sample(denoiser, requests(), settings);
    const auto second = sample(denoiser, requests(), settings);
    for (size_t i = 0; i < first.size(); ++i) EXPECT_EQ(first[i].pixels, second[i].pixels);
    EXPECT_GT(mean_difference(first[0], first[1]), 1);
  }
}

TEST(Sampler, ASampleDoesNotDependOnItsBatch) {
  Denoiser base = load_denoiser(kModels / "base.safetensors");
  const SamplerSettings settings{.kind = SamplerKind::kSde, .steps = 2};
  const auto all = requests();
  for (const bool bf16 : {false, true}) {
    if (bf16) base.use_bf16();
    const auto together = sample(base, all, settings);
    for (size_t i = 0; i < all.size(); ++i) {
      EXPECT_EQ(sample(base, std::span(&all[i], 1), settings)[0].pixels, together[i].pixels)
          << "bf16 " << bf16;
    }
  }
}

TEST(Sampler, RefusesImpossibleSettings) {
  const Denoiser denoiser = tiny();
  EXPECT_THROW((void)sample(denoiser, requests(), {.steps = 0}), Error);
  EXPECT_THROW((void)sample(denoiser, requests(), {.guidance = -1}), Error);
  EXPECT_THROW((void)sample(denoiser, requests(), {.shift = 0}), Error);
  EXPECT_THROW((void)sampler_named("eular"), Error);
}

TEST(Sampler, ReportsEveryStep) {
  std::vector<int> seen;
  SampleTimings timings;
  (void)sample(
      tiny(), requests(), {.steps = 4},
      [&](int done, int total) {
        EXPECT_EQ(total, 4);
        seen.push_back(done);
      },
      &timings);
  EXPECT_EQ(seen, (std::vector<int>{1, 2, 3, 4}));
  EXPECT_GT(timings.denoise, 0);
}

TEST(Denoiser, RefusesHeadsThatDoNotDivideTheWidth) {
  EXPECT_THROW(Denoiser({.width = 10, .heads = 3}), Error);
}

TEST(Weights, RefusesAnotherNetwork) {
  EXPECT_THROW((void)load_denoiser(kModels / "classifier.safetensors"), Error);
  EXPECT_THROW((void)Classifier::load(kModels / "contrastive.safetensors"), Error);
  EXPECT_THROW((void)load_denoiser(kModels / "no-such-file.safetensors"), Error);
}

TEST(Recipes, TheCommittedOnesLoad) {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kModels / "recipes")) {
    EXPECT_EQ(load_recipe(entry.path()).name, entry.path().stem().string());
    ++count;
  }
  EXPECT_EQ(count, 5);
}

TEST(Recipes, LearningRateWarmsUpAndDecays) {
  Recipe recipe;
  recipe.steps = 1000;
  recipe.warmup_steps = 100;
  recipe.decay_share = 0.5;
  EXPECT_DOUBLE_EQ(learning_rate_factor(recipe, 0), 0.01);
  EXPECT_DOUBLE_EQ(learning_rate_factor(recipe, 300), 1);
  EXPECT_DOUBLE_EQ(learning_rate_factor(recipe, 750), 0.5);
  EXPECT_DOUBLE_EQ(learning_rate_factor(recipe, 999), 0.05);
}

std::vector<Json> log_lines(const std::filesystem::path& folder) {
  std::istringstream text(read_file(folder / "log.jsonl"));
  std::vector<Json> lines;
  for (std::string line; std::getline(text, line);) lines.push_back(parse_json(line, "log"));
  return lines;
}

// A resumed training ends with the bytes of an undisturbed one.
TEST(Trainer, ResumesWhereItStopped) {
  const TemporaryDirectory folder;
  Recipe recipe;
  recipe.name = "tiny";
  recipe.kind = NetworkKind::kClassifier;
  recipe.width = 4;
  recipe.steps = 6;
  recipe.batch = 4;
  recipe.warmup_steps = 0;
  recipe.log_every = 1;
  recipe.checkpoint_every = 3;
  recipe.optimizer.muon_learning_rate = 0;
  recipe.decay_share = 0;  // so that a shorter training is the start of a longer one
  train(recipe, {.out = folder.path() / "whole"});
  Recipe half = recipe;
  half.steps = 3;
  train(half, {.out = folder.path() / "parts"});
  train(recipe, {.out = folder.path() / "parts", .resume = true});
  const auto whole = nn::load_safetensors(folder.path() / "whole" / "model.safetensors");
  const auto parts = nn::load_safetensors(folder.path() / "parts" / "model.safetensors");
  ASSERT_EQ(whole.tensors.size(), parts.tensors.size());
  for (const auto& [name, tensor] : whole.tensors)
    EXPECT_TRUE(at::equal(tensor, parts.tensors.at(name))) << name;
  EXPECT_EQ(log_lines(folder.path() / "whole").back()["step"], 6);
}

struct Rendered {
  at::Tensor videos;
  std::vector<SceneSpec> scenes;
  std::vector<std::string> captions;
};

Rendered held_out_renders(size_t count, uint64_t seed) {
  Rendered result;
  const auto scenes = one_object_scenes(true);
  std::vector<at::Tensor> videos;
  for (size_t i = 0; i < count; ++i) {
    const Video video = render(scenes[i], seed + i);
    videos.push_back(at::tensor(at::ArrayRef<uint8_t>(video.pixels)).view({1, kFrames, kSide, kSide, 3}));
    result.scenes.push_back(scenes[i]);
    result.captions.push_back(caption_of(scenes[i]));
  }
  result.videos = at::cat(videos, 0);
  return result;
}

TEST(Classifier, ReadsHeldOutRenders) {
  const Classifier network = Classifier::load(kModels / "classifier.safetensors");
  const Rendered set = held_out_renders(100, 77);
  const at::Tensor seen = network.attributes(set.videos);
  int right = 0;
  for (size_t i = 0; i < set.scenes.size(); ++i) {
    const auto row = seen[static_cast<int64_t>(i)];
    const auto& o = set.scenes[i].objects[0];
    const auto is = [&](int64_t column, size_t wanted) {
      return row[column].item<int64_t>() == static_cast<int64_t>(wanted);
    };
    right += is(0, index(o.color)) && is(1, index(o.shape)) && is(2, index(o.size)) &&
             is(3, index(o.motion)) && is(4, index(set.scenes[i].background));
  }
  EXPECT_GE(right, 95);
  EXPECT_EQ(network.features(set.videos).sizes(), (std::vector<int64_t>{100, Classifier::kFeatures}));
  EXPECT_TRUE(at::allclose(network.posteriors(set.videos).sum(1), at::ones({100}), 1e-4));
}

TEST(Classifier, AcceptsOtherSizesAndLengths) {
  const Classifier network = Classifier::load(kModels / "classifier.safetensors");
  const Rendered set = held_out_renders(4, 3);
  const at::Tensor larger =
      set.videos.repeat_interleave(2, 2).repeat_interleave(2, 3).repeat_interleave(2, 1);
  const at::Tensor same = network.attributes(larger) == network.attributes(set.videos);
  EXPECT_GE(same.to(at::kFloat).mean().item<float>(), 0.85);
  EXPECT_THROW((void)network.features(set.videos.to(at::kFloat)), Error);
  EXPECT_THROW((void)network.features(set.videos[0]), Error);
}

TEST(Contrastive, OwnCaptionIsNearerThanOthers) {
  const Contrastive network = Contrastive::load(kModels / "contrastive.safetensors");
  const Rendered set = held_out_renders(32, 500);
  const at::Tensor similarities =
      at::mm(network.embed_videos(set.videos), network.embed_texts(set.captions).t());
  const at::Tensor right = similarities.argmax(1) == at::arange(32, at::kLong);
  EXPECT_GE(right.to(at::kFloat).mean().item<float>(), 0.9);
  EXPECT_EQ(network.embed_frames(set.videos).sizes(),
            (std::vector<int64_t>{32, kFrames, Contrastive::kEmbedding}));
}

TEST(Models, BaseGeneratesWhatItIsAskedFor) {
  const Denoiser base = load_denoiser(kModels / "base.safetensors");
  const AttributeRates rates = audit(base, {.steps = 8}, 20, 1);
  EXPECT_GE(rates.color, 0.9);
  EXPECT_GE(rates.motion, 0.8);
}

TEST(Models, Bf16IsNearFp32) {
  Denoiser base = load_denoiser(kModels / "base.safetensors");
  const SamplerSettings settings{.steps = 4};
  const auto exact = sample(base, requests(), settings);
  base.use_bf16();
  const auto rounded = sample(base, requests(), settings);
  for (size_t i = 0; i < exact.size(); ++i) EXPECT_LT(mean_difference(exact[i], rounded[i]), 8);
}

}  // namespace
}  // namespace vidbench::shapes
