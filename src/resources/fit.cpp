#include "resources/fit.h"

#include <fmt/format.h>

#include <algorithm>

namespace vidbench::resources {
namespace {

constexpr double kGB = 1e9;

double memory_of(const Hardware& hardware) {
  return static_cast<double>(hardware.memory_limit_bytes.value_or(hardware.memory_bytes));
}

std::string largest_gpu(const Hardware& hardware) {
  const auto largest = std::max_element(hardware.gpus.begin(), hardware.gpus.end(),
                                        [](auto& a, auto& b) { return a.memory_bytes < b.memory_bytes; });
  return fmt::format("{} has {:.1f} GB", largest->name, static_cast<double>(largest->memory_bytes) / kGB);
}

Fit by_stated_need(double need_gb, const Hardware& hardware) {
  const std::string need = fmt::format("needs {:g} GB of GPU memory; ", need_gb);
  const std::string source = "min_vram_gb of its card, as its makers state it";
  if (hardware.gpus.empty()) return {false, need + "no GPU is here", source};
  if (hardware.largest_gpu_bytes() == 0) return {false, need + "that of the GPU here is not known", source};
  const bool fits = need_gb * kGB <= static_cast<double>(hardware.largest_gpu_bytes());
  return {fits, need + largest_gpu(hardware), source};
}

// What nobody can do without: room for the parameters, wherever they are kept.
Fit by_parameters(const registry::Model& model, const Hardware& hardware) {
  const std::string device = hardware.gpus.empty() ? "runs on the CPU, slowly" : "may run on the GPU";
  if (!model.card.parameters_b) return {true, "its makers state no need; " + device, ""};
  const double each = model.deployment.dtype == "fp32" ? 4 : 2;
  const double weights = *model.card.parameters_b * 1e9 * each;
  const double room = memory_of(hardware) + static_cast<double>(hardware.largest_gpu_bytes());
  const std::string source = "parameters_b and dtype of its entry";
  if (room > 0 && weights > room)
    return {false,
            fmt::format("its parameters take {:.1f} GB, memory and GPU have {:.1f} GB", weights / kGB,
                        room / kGB),
            source};
  return {true,
          fmt::format("its makers state no need; its parameters take {:.1f} GB; {}", weights / kGB, device),
          source};
}

}  // namespace

Fit judge(const registry::Model& model, const Hardware& hardware) {
  const std::string& runner = model.deployment.runner;
  if (!model.deployed()) return {false, "no deployment says how it is run", ""};
  if (runner == "http") return {true, "runs at its provider", ""};
  if (runner == "null" || runner == "replay") return {true, "computes nothing", ""};
  if (model.deployment.device == "cpu") return {true, "its deployment runs on the CPU", ""};
  if (model.deployment.device.starts_with("cuda") && hardware.gpus.empty())
    return {false, "its deployment runs on a GPU; no GPU is here", ""};
  if (model.card.min_vram_gb) return by_stated_need(*model.card.min_vram_gb, hardware);
  return by_parameters(model, hardware);
}

}  // namespace vidbench::resources
