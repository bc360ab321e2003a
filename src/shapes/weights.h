// Reads and writes the weight files of the shapes world: safetensors with the network's description as
// metadata.
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <map>
#include <string>

#include "base/json.h"
#include "shapes/denoiser.h"
#include "shapes/parameters.h"

namespace vidbench::shapes {

struct WeightFile {
  std::filesystem::path path;
  Json description;  // {"network": "denoiser|classifier|contrastive", "name": …, "size": {…}}
  std::map<std::string, at::Tensor> tensors;
  // A whole number in 1..4096 of the description's "size"; throws Error(kInput) naming the file.
  [[nodiscard]] int64_t positive(const std::string& key) const;
  // Replaces the values of `parameters` by the file's, for inference (no gradients). Throws Error(kInput)
  // naming file and key for one that is missing or of another shape.
  void fill(Parameters& parameters) const;
};

// Throws Error(kInput) naming the file when it is damaged or holds another kind of network.
[[nodiscard]] WeightFile load_weights(const std::filesystem::path& path, const std::string& network);
// Writes `parameters` as float16 with the network's description.
void save_weights(const std::filesystem::path& path, const Parameters& parameters, const Json& description);

// A denoiser for inference (no gradients) in float32 on the CPU.
[[nodiscard]] Denoiser load_denoiser(const std::filesystem::path& path);

}  // namespace vidbench::shapes
