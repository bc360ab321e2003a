// Ctrl-C and SIGTERM as a stop request: the first stops cleanly, the second ends at once.
#pragma once

#include <stop_token>
#include <thread>

namespace vidbench::cli {

// While it lives, SIGINT and SIGTERM request a stop. Make it before other threads start: it blocks the
// signals for them, so that only its own thread takes them. One at a time.
class StopOnSignal {
 public:
  StopOnSignal();
  ~StopOnSignal();
  StopOnSignal(const StopOnSignal&) = delete;
  StopOnSignal& operator=(const StopOnSignal&) = delete;
  [[nodiscard]] std::stop_token token() const { return source_.get_token(); }

 private:
  std::stop_source source_;
  std::jthread thread_;
};

}  // namespace vidbench::cli
