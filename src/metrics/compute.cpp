#include "metrics/compute.h"

#include <ATen/Context.h>
#include <c10/util/Exception.h>

#include "base/error.h"
#include "metrics/tensors.h"

namespace vidbench::metrics {
namespace {

at::ScalarType type_of(const std::string& precision) {
  if (precision == "float32") return at::kFloat;
  if (precision == "bfloat16") return at::kBFloat16;
  if (precision == "float16") return at::kHalf;
  throw_input("'" + precision + "' is no precision of the networks", "one of: float32, bfloat16, float16");
}

at::Device device_of(const std::string& name) {
  const bool numbered = name.starts_with("cuda:") && name.size() > 5 &&
                        name.find_first_not_of("0123456789", 5) == std::string::npos && name.size() < 8;
  if (name != "cpu" && name != "cuda" && !numbered)
    throw_input("'" + name + "' is no device", "cpu, cuda or cuda:1");
  return at::Device(name);
}

}  // namespace

nn::NetworkOptions network_options(const Compute& compute) {
  return {type_of(compute.precision), device_of(compute.device)};
}

void require_available(const Compute& compute) {
  const nn::NetworkOptions options = network_options(compute);
  if (options.device.is_cuda() && !at::hasCUDA())
    throw_environment("there is no CUDA device for the networks", "compute on the CPU: --device cpu");
  if (options.device.is_cpu() && options.type == at::kHalf)
    throw_input("float16 is for CUDA devices", "bfloat16 has the same size, and the CPU computes with it");
}

}  // namespace vidbench::metrics
