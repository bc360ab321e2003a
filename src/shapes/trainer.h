// Trains the networks of the shapes world from a recipe, with checkpoints that a later call resumes from.
#pragma once

#include <filesystem>
#include <string>

#include "shapes/recipe.h"

namespace vidbench::shapes {

struct TrainOptions {
  std::filesystem::path out;  // gets model.safetensors, checkpoint.safetensors, log.jsonl, samples.npy
  bool resume = false;
  std::string device = "cpu";  // "cpu" or "cuda"
  int64_t steps = 0;           // 0: as the recipe says
};

// Every step's data and noise depend on the recipe's seed and the step alone, so that a resumed training sees
// what an undisturbed one would have seen. Throws Error(kInput) for a checkpoint of another network.
void train(Recipe recipe, const TrainOptions& options);

}  // namespace vidbench::shapes
