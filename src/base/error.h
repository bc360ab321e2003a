// The one exception type of vidbench: what went wrong, which exit code it means, and the way out.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace vidbench {

// Each value is the exit code that the command line ends with (docs/scripting.md).
enum class ErrorCode : int {
  kInternal = 1,            // a broken invariant of ours
  kInput = 2,               // usage, configuration or bad input
  kEnvironment = 3,         // missing device, weights, program, permission
  kSamplesFailed = 4,       // a run ended with failed samples
  kGateFailed = 5,          // a gate or regression check failed
  kInvalidMeasurement = 6,  // the measurement is invalid or unstable
  kInterrupted = 130,
};

// `message` is one line that names what, where and the value; `hint` is the next step and may be empty.
class Error : public std::runtime_error {
 public:
  Error(ErrorCode code, const std::string& message, std::string hint = {})
      : std::runtime_error(message), code_(code), hint_(std::move(hint)) {}

  [[nodiscard]] ErrorCode code() const noexcept { return code_; }
  [[nodiscard]] int exit_code() const noexcept { return static_cast<int>(code_); }
  [[nodiscard]] const std::string& hint() const noexcept { return hint_; }

 private:
  ErrorCode code_;
  std::string hint_;
};

[[noreturn]] inline void throw_input(const std::string& message, const std::string& hint = {}) {
  throw Error(ErrorCode::kInput, message, hint);
}
[[noreturn]] inline void throw_environment(const std::string& message, const std::string& hint = {}) {
  throw Error(ErrorCode::kEnvironment, message, hint);
}

}  // namespace vidbench
