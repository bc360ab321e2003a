#include "shapes/optimizer.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <cmath>

namespace vidbench::shapes {
namespace {

constexpr double kBeta1 = 0.9;
constexpr double kBeta2 = 0.98;
constexpr double kMomentum = 0.95;
constexpr double kEpsilon = 1e-8;

bool is_block_matrix(const std::string& name, const at::Tensor& tensor) {
  return tensor.dim() == 2 && name.starts_with("block") && name.find("modulation") == std::string::npos;
}

// Nearest orthogonal matrix by five quintic Newton–Schulz steps, whose coefficients are Muon's published
// ones.
at::Tensor orthogonal(const at::Tensor& gradient, bool bf16) {
  const bool tall = gradient.size(0) > gradient.size(1);
  at::Tensor x = tall ? gradient.t() : gradient;
  x = (x / (x.norm() + 1e-7)).contiguous();
  if (bf16) x = x.to(at::kBFloat16);
  for (int i = 0; i < 5; ++i) {
    const at::Tensor a = at::mm(x, x.t());
    const at::Tensor b = at::addmm(a, a, a, -4.7750, 2.0315);
    x = at::addmm(x, b, x, 3.4445, 1.0);
  }
  return (tall ? x.t() : x).to(at::kFloat);
}

}  // namespace

Optimizer::Optimizer(Parameters& parameters, const OptimizerSettings& settings) : settings_(settings) {
  for (const auto& [name, tensor] : parameters.all()) {
    const bool muon = settings.muon_learning_rate > 0 && is_block_matrix(name, tensor);
    const at::Tensor zero = at::zeros_like(tensor.detach());
    slots_[name] = {tensor, zero, muon ? at::Tensor() : zero.clone()};
  }
}

void Optimizer::step(double rate) {
  const at::NoGradGuard no_gradient;
  ++steps_;
  for (auto& [name, slot] : slots_) {
    if (!slot.value.grad().defined()) continue;
    slot.second.defined() ? adam_step(slot, rate * settings_.learning_rate)
                          : muon_step(slot, rate * settings_.muon_learning_rate);
    slot.value.mutable_grad() = at::Tensor();
  }
}

void Optimizer::adam_step(Slot& slot, double rate) {
  const at::Tensor& gradient = slot.value.grad();
  slot.first.lerp_(gradient, 1 - kBeta1);
  slot.second.mul_(kBeta2).addcmul_(gradient, gradient, 1 - kBeta2);
  const auto n = static_cast<double>(steps_);
  const double first_bias = 1 - std::pow(kBeta1, n);
  const double second_bias = 1 - std::pow(kBeta2, n);
  const at::Tensor scale = (slot.second / second_bias).sqrt_().add_(kEpsilon);
  if (slot.value.dim() > 1) slot.value.mul_(1 - rate * settings_.weight_decay);
  slot.value.addcdiv_(slot.first, scale, -rate / first_bias);
}

void Optimizer::muon_step(Slot& slot, double rate) {
  const at::Tensor& gradient = slot.value.grad();
  slot.first.mul_(kMomentum).add_(gradient);
  const at::Tensor update = orthogonal(gradient + slot.first * kMomentum, settings_.bf16_products);
  const auto longest = static_cast<double>(std::max(slot.value.size(0), slot.value.size(1)));
  slot.value.mul_(1 - rate * settings_.weight_decay);
  slot.value.add_(update, -rate * 0.2 * std::sqrt(longest));
}

std::map<std::string, at::Tensor> Optimizer::state() const {
  std::map<std::string, at::Tensor> result = {{"steps", at::full({1}, steps_, at::kLong)}};
  for (const auto& [name, slot] : slots_) {
    result["first." + name] = slot.first;
    if (slot.second.defined()) result["second." + name] = slot.second;
  }
  return result;
}

void Optimizer::restore(const std::map<std::string, at::Tensor>& state) {
  steps_ = state.at("steps").item<int64_t>();
  for (auto& [name, slot] : slots_) {
    slot.first.copy_(state.at("first." + name));
    if (slot.second.defined()) slot.second.copy_(state.at("second." + name));
  }
}

void update_average(Parameters& average, const Parameters& parameters, double decay) {
  const at::NoGradGuard no_gradient;
  for (const auto& [name, tensor] : average.all()) {
    at::Tensor target = tensor;  // shares the storage
    target.lerp_(parameters.get(name).detach(), 1 - decay);
  }
}

}  // namespace vidbench::shapes
