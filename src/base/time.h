// Clocks: monotonic nanoseconds for durations, RFC 3339 UTC for what people and files see.
#pragma once

#include <cstdint>
#include <string>

namespace vidbench {

[[nodiscard]] int64_t monotonic_ns();
[[nodiscard]] inline double seconds_since(int64_t start_ns) {
  return static_cast<double>(monotonic_ns() - start_ns) * 1e-9;
}
// "2026-11-25T08:15:30.123Z"
[[nodiscard]] std::string now_rfc3339();
// "20261125-081530", UTC; sorts by time and is safe in file names.
[[nodiscard]] std::string now_compact();

}  // namespace vidbench
