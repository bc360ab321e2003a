// One of our computations, loaded once and run as often as a line arrives on stdin: our side of a comparison
// whose other side is a Python process (run.py). Answers each line with the seconds that the computation
// took.
//
//   peer_server i3d|clip-images|frechet WEIGHTS INPUTS.safetensors TYPE THREADS
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>

#include <chrono>
#include <exception>
#include <functional>
#include <iostream>
#include <memory>
#include <string>

#include "nn/clip.h"
#include "nn/i3d.h"
#include "nn/safetensors.h"
#include "stats/frechet.h"

namespace vidbench {
namespace {

using Run = std::function<double()>;  // returns something of the result, so that it is not left out

stats::Features features(const at::Tensor& tensor) {
  return stats::features_from_floats({tensor.const_data_ptr<float>(), static_cast<size_t>(tensor.numel())},
                                     static_cast<size_t>(tensor.size(0)),
                                     static_cast<size_t>(tensor.size(1)));
}

Run prepare(const std::string& name, const std::string& weights, const nn::TensorFile& inputs,
            at::ScalarType type) {
  if (name == "i3d") {
    auto network = std::make_shared<nn::I3d>(weights, nn::NetworkOptions{.type = type});
    return
        [network, clips = inputs.tensors.at("clips")] { return network->logits(clips).sum().item<double>(); };
  }
  if (name == "clip-images") {
    auto network = std::make_shared<nn::Clip>(weights, nn::NetworkOptions{.type = type});
    return [network, pictures = inputs.tensors.at("pictures")] {
      return network->encode_images(pictures).sum().item<double>();
    };
  }
  const auto a = std::make_shared<stats::Features>(features(inputs.tensors.at("a")));
  const auto b = std::make_shared<stats::Features>(features(inputs.tensors.at("b")));
  return [a, b] { return stats::frechet_distance(*a, *b); };
}

void serve(const std::vector<std::string>& arguments) {
  const c10::InferenceMode inference;
  at::set_num_threads(std::stoi(arguments.at(4)));
  const auto type = arguments.at(3) == "bfloat16" ? at::kBFloat16 : at::kFloat;
  const Run run = prepare(arguments.at(0), arguments.at(1), nn::load_safetensors(arguments.at(2)), type);
  for (std::string line; std::getline(std::cin, line);) {
    const auto start = std::chrono::steady_clock::now();
    const double value = run();
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    std::cout << seconds.count() << " " << value << std::endl;
  }
}

}  // namespace
}  // namespace vidbench

int main(int argc, char** argv) {
  try {
    vidbench::serve({argv + 1, argv + argc});
    return 0;
  } catch (const std::exception& e) {
    std::cerr << "peer_server: " << e.what() << "\n";
    return 1;
  }
}
