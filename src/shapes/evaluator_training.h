// Trains the evaluation networks (shapes/evaluators.h).
#pragma once

#include <ATen/core/Tensor.h>

#include "shapes/recipe.h"
#include "shapes/trainer.h"

namespace vidbench::shapes {

void train_classifier(const Recipe& recipe, const TrainOptions& options, const at::Device& device);
void train_contrastive(const Recipe& recipe, const TrainOptions& options, const at::Device& device);

}  // namespace vidbench::shapes
