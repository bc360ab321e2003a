// The worker's side of the protocol (docs/worker-protocol.md) for workers written in C++: requests come in on
// stdin, answers and progress go out on stdout, everything else that is printed goes to stderr.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/json.h"

namespace vidbench::workers {

// Thrown by a handler to name the failure class of its request.
class RequestFailure : public Error {
 public:
  RequestFailure(std::string failure_class, const std::string& message, std::string hint = {})
      : Error(ErrorCode::kEnvironment, message, std::move(hint)), class_(std::move(failure_class)) {}
  [[nodiscard]] const std::string& failure_class() const noexcept { return class_; }

 private:
  std::string class_;
};

// Thrown by a handler whose params are not what the method takes (JSON-RPC -32602). Json exceptions that
// leave a handler count as this, too.
class InvalidParams : public Error {
 public:
  explicit InvalidParams(const std::string& message) : Error(ErrorCode::kInput, message) {}
};

// A failure as the protocol tells it: {"class": …, "message": one line}.
struct FailureText {
  std::string failure_class, message;
  [[nodiscard]] Json json() const { return {{"class", failure_class}, {"message", message}}; }
};
// The exception in flight (call inside a catch block): running out of memory, the allocators' and libtorch's
// ways included, is "oom"; RequestFailure names its class; bad input is `input_class`; a missing piece of the
// environment is "unsupported"; anything else is "crash".
[[nodiscard]] FailureText describe_current_exception(const std::string& input_class = "invalid-request");

// Sends `progress` notifications: at most 20 a second, what comes faster is dropped. One thread at a time.
class ProgressSink {
 public:
  explicit ProgressSink(std::function<void(const Json& message)> send) : send_(std::move(send)) {}
  // `params` as in the protocol: "stage", and what is known of "id", "step", "steps", "peak_memory_bytes".
  void report(const Json& params);

 private:
  std::function<void(const Json&)> send_;
  int64_t last_ns_ = 0;
};

class WorkerServer {
 public:
  // Takes `params` (an object), returns the `result`.
  using Handler = std::function<Json(const Json& params, ProgressSink& progress)>;

  // `capabilities`: the methods beyond the fixed ones that the worker offers.
  WorkerServer(std::string name, std::string version, std::vector<std::string> capabilities);

  // `initialize` is answered by the server, which checks the protocol version; a handler for it is called
  // then, and the members of what it returns are added to the answer. `unload` without a handler does
  // nothing; `shutdown` needs none.
  void on(const std::string& method, Handler handler);

  // Answers requests until stdin ends or `shutdown` has been answered; malformed ones are answered with an
  // error. File descriptor 1 points to stderr from then on. Returns the exit code.
  int serve();
  // The same on any pair of descriptors, which stay open.
  int serve(int in_fd, int out_fd);

  static constexpr size_t kMaxLineBytes = size_t{64} << 20;

 private:
  // The answer to a line; null for a notification, which gets none.
  [[nodiscard]] Json answer(const std::string& line, ProgressSink& progress);
  [[nodiscard]] Json call(const std::string& method, const Json& params, ProgressSink& progress);
  [[nodiscard]] Json initialize(const Json& params, ProgressSink& progress);

  std::string name_, version_;
  std::vector<std::string> capabilities_;
  std::map<std::string, Handler> handlers_;
  bool stopping_ = false;
};

}  // namespace vidbench::workers
