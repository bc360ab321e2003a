// Clocks: monotonic nanoseconds for durations, RFC 3339 UTC for what people and files see.
#pragma once

#include <cstdint>
#include <ctime>
#include <string>

namespace vidbench {

[[nodiscard]] int64_t monotonic_ns();
[[nodiscard]] inline double seconds_since(int64_t start_ns) {
  return static_cast<double>(monotonic_ns() - start_ns) * 1e-9;
}
// Since the epoch of `time`, as the times of files are compared.
[[nodiscard]] constexpr int64_t to_ns(const timespec& time) {
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}
// "2026-11-25T08:15:30.123Z"
[[nodiscard]] std::string now_rfc3339();
// "2026-11-25T08:15:30Z"
[[nodiscard]] std::string rfc3339(std::time_t time);
// "20261125-081530", UTC; sorts by time and is safe in file names.
[[nodiscard]] std::string now_compact();

}  // namespace vidbench
