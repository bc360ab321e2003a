// Runs one network of src/nn on given tensors, for the parity tests (tests/parity): each computes the same
// with the reference implementation and compares.
//
//   nn_probe NETWORK WEIGHTS INPUTS.safetensors OUTPUTS.safetensors [float|bfloat16]
#include <c10/core/InferenceMode.h>

#include <exception>
#include <functional>
#include <iostream>
#include <map>
#include <string>

#include "nn/i3d.h"
#include "nn/safetensors.h"

namespace vidbench::nn {
namespace {

using Tensors = std::map<std::string, at::Tensor>;

struct Call {
  std::filesystem::path weights;
  at::ScalarType type = at::kFloat;
  Tensors in;
};

const std::map<std::string, std::function<Tensors(const Call&)>>& networks() {
  static const std::map<std::string, std::function<Tensors(const Call&)>> table = {
      {"i3d",
       [](const Call& call) -> Tensors {
         return {{"logits", I3d(call.weights, {.type = call.type}).logits(call.in.at("clips"))}};
       }},
      {"i3d-clip",
       [](const Call& call) -> Tensors {
         return {{"clip", i3d_clip(call.in.at("frames").to(at::kByte)).contiguous()}};
       }},
  };
  return table;
}

int run(const std::vector<std::string>& arguments) {
  const c10::InferenceMode inference;
  Call call{arguments.at(1), at::kFloat, load_safetensors(arguments.at(2)).tensors};
  if (arguments.size() > 4 && arguments[4] == "bfloat16") call.type = at::kBFloat16;
  save_safetensors(arguments.at(3), {networks().at(arguments.at(0))(call), {}});
  return 0;
}

}  // namespace
}  // namespace vidbench::nn

int main(int argc, char** argv) {
  try {
    return vidbench::nn::run({argv + 1, argv + argc});
  } catch (const std::exception& e) {
    std::cerr << "nn_probe: " << e.what() << "\n";
    return 1;
  }
}
