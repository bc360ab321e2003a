#include "shapes/weights.h"

#include <ATen/ATen.h>

#include "base/error.h"
#include "nn/safetensors.h"

namespace vidbench::shapes {

int64_t WeightFile::positive(const std::string& key) const {
  const Json size = description.value("size", Json::object());
  if (!size.contains(key) || !size[key].is_number_integer() || size[key].get<int64_t>() < 1 ||
      size[key].get<int64_t>() > 4096) {
    throw_input(path.string() + ": the network's '" + key + "' is missing or outside 1..4096",
                "the file holds another network");
  }
  return size[key].get<int64_t>();
}

void WeightFile::fill(Parameters& parameters) const {
  parameters = parameters.copy(false);
  parameters.assign(tensors, "", path);
}

WeightFile load_weights(const std::filesystem::path& path, const std::string& network) {
  nn::TensorFile file = nn::load_safetensors(path);
  const auto found = file.metadata.find("vidbench");
  if (found == file.metadata.end()) {
    throw_input(path.string() + ": no network of the shapes world", "name a file of models/shapes/");
  }
  WeightFile weights{path, parse_json(found->second, path.string()), std::move(file.tensors)};
  if (!weights.description.is_object() || weights.description.value("network", Json()) != network) {
    throw_input(path.string() + ": the file holds another network than a " + network);
  }
  return weights;
}

void save_weights(const std::filesystem::path& path, const Parameters& parameters, const Json& description) {
  nn::TensorFile file;
  for (const auto& [name, tensor] : parameters.all()) file.tensors[name] = tensor.detach().to(at::kHalf);
  file.metadata["vidbench"] = description.dump();
  nn::save_safetensors(path, file);
}

Denoiser load_denoiser(const std::filesystem::path& path) {
  const WeightFile file = load_weights(path, "denoiser");
  Denoiser denoiser(
      {file.positive("width"), file.positive("depth"), file.positive("heads"), file.positive("text_width")});
  file.fill(denoiser.parameters());
  return denoiser;
}

}  // namespace vidbench::shapes
