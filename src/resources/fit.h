// Whether a model's needs fit a machine: by kind of device and by memory, not by what is downloaded.
#pragma once

#include <string>

#include "registry/registry.h"
#include "resources/hardware.h"

namespace vidbench::resources {

struct Fit {
  bool fits = false;
  std::string reason;  // "needs 80 GB of GPU memory; NVIDIA T4 has 16.1 GB"
  std::string source;  // where the number comes from; "" when none took part
};

// GB are 10^9 bytes, as makers of GPUs and models count them. A model whose makers state no need passes,
// unless its parameters alone, in its dtype, are more than the GPU's and the machine's memory together.
[[nodiscard]] Fit judge(const registry::Model& model, const Hardware& hardware);

}  // namespace vidbench::resources
