// The machine a run happened on, as far as it can be read without privileges.
#pragma once

#include "base/json.h"

namespace vidbench::engine {

// {"cpu", "cores", "memory_bytes", "kernel", "gpus": [names]}; what cannot be read is absent.
[[nodiscard]] Json describe_hardware();

}  // namespace vidbench::engine
