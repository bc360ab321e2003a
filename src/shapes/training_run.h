// What the trainings of all networks share: the loop with schedule, averaging, log and checkpoints.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <map>
#include <string>

#include "base/json.h"
#include "shapes/optimizer.h"
#include "shapes/trainer.h"

namespace vidbench::shapes {

// A batch as named tensors on the CPU.
using Batch = std::map<std::string, at::Tensor>;

struct TrainingTask {
  Parameters* parameters = nullptr;
  Json metadata;  // of the network, stored with the weights
  // Runs in a thread of its own, ahead of the training; may not touch `parameters`.
  std::function<Batch(int64_t step)> make_batch;
  // The loss to minimise; `log` may take further numbers.
  std::function<at::Tensor(const Batch& batch)> loss;
  // Measures the averaged weights.
  std::function<Json(const Parameters& average, const std::filesystem::path& out)> measure;
};

void run_training(const Recipe& recipe, const TrainOptions& options, TrainingTask& task);

}  // namespace vidbench::shapes
