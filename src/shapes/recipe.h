// A training recipe: models/shapes/recipes/*.yaml.
#pragma once

#include <filesystem>
#include <string>

#include "shapes/denoiser.h"
#include "shapes/optimizer.h"

namespace vidbench::shapes {

enum class NetworkKind { kDenoiser, kClassifier, kContrastive };

struct Recipe {
  std::string name;
  NetworkKind kind = NetworkKind::kDenoiser;
  DenoiserConfig denoiser;  // kDenoiser
  int64_t width = 32;       // evaluators: channels of the first layer
  OptimizerSettings optimizer;
  uint64_t seed = 1;
  int64_t steps = 1000;
  int64_t batch = 32;
  int64_t warmup_steps = 100;
  double decay_share = 0.3;  // last share of the steps, over which the learning rate falls to a twentieth
  double average_decay = 0.999;
  double two_objects = 0.15;      // probability of a two-object scene
  double caption_dropout = 0.12;  // for classifier-free guidance
  double time_shift = 5.0;        // of the sampled noise levels, as SamplerSettings::shift
  double late_time_shift = 5.0;   // instead of time_shift while the learning rate falls; default: the same
  double min_weight_time = 0.2;   // loss weight 1 / max(t, this)²
  bool bf16_products = false;     // compute large matrix products in bfloat16 (fast only on matrix units)
  int64_t log_every = 50;
  int64_t check_every = 250;
  int64_t checkpoint_every = 250;
};

// Throws Error(kInput) with file and line.
[[nodiscard]] Recipe load_recipe(const std::filesystem::path& path);
// The step at which the learning rate begins to fall.
[[nodiscard]] int64_t decay_start(const Recipe& recipe);
// Multiplies the recipe's learning rates at 0-based `step`: linear warm-up, constant, linear decay to 0.05.
[[nodiscard]] double learning_rate_factor(const Recipe& recipe, int64_t step);

}  // namespace vidbench::shapes
