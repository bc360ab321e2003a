// Muon (Jordan et al. 2024) for the blocks' matrices, AdamW (arXiv:1711.05101) for everything else, and a
// moving average of the weights. Muon's update is scaled to AdamW's size as in Liu et al. 2025
// (arXiv:2502.16982).
#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <string>

#include "shapes/parameters.h"

namespace vidbench::shapes {

struct OptimizerSettings {
  double learning_rate = 1e-3;       // AdamW
  double muon_learning_rate = 2e-3;  // 0: AdamW for everything
  double weight_decay = 0.01;
  bool bf16_products = false;  // Muon's matrix products in bfloat16
};

class Optimizer {
 public:
  Optimizer(Parameters& parameters, const OptimizerSettings& settings);
  // One update from the gradients, which are then cleared; `rate` multiplies both learning rates.
  void step(double rate);
  // Moments and step count as tensors, for checkpoints.
  [[nodiscard]] std::map<std::string, at::Tensor> state() const;
  void restore(const std::map<std::string, at::Tensor>& state);

 private:
  struct Slot {
    at::Tensor value;
    at::Tensor first;
    at::Tensor second;  // undefined for Muon
  };
  void adam_step(Slot& slot, double rate);
  void muon_step(Slot& slot, double rate);

  OptimizerSettings settings_;
  std::map<std::string, Slot> slots_;
  int64_t steps_ = 0;
};

// average <- decay * average + (1 - decay) * parameters
void update_average(Parameters& average, const Parameters& parameters, double decay);

}  // namespace vidbench::shapes
