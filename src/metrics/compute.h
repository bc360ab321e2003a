// In which numbers, and where, the official networks compute.
#pragma once

#include <string>

namespace vidbench::metrics {

struct Compute {
  std::string precision = "float32";  // or "bfloat16", "float16"
  std::string device = "cpu";         // or "cuda", "cuda:1"
};

// Throws Error(kInput) for another precision or device, and for float16 on the CPU; Error(kEnvironment) for a
// device that is not there.
void require_available(const Compute& compute);

}  // namespace vidbench::metrics
