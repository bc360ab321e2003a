// What this process takes.
#pragma once

#include <cstdint>

namespace vidbench {

// The largest resident size so far, in bytes.
[[nodiscard]] uint64_t peak_resident_bytes();

}  // namespace vidbench
