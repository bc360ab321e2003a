// What went wrong with a worker, by failure class.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "store/records.h"

namespace vidbench::workers {

// Thrown when a request to a worker has no usable answer. what() is one line; hint() holds the last log
// lines.
class WorkerError : public Error {
 public:
  explicit WorkerError(store::Failure failure)
      : Error(failure.kind == "interrupted" ? ErrorCode::kInterrupted : ErrorCode::kEnvironment,
              failure.message, failure.log_tail),
        failure_(std::move(failure)) {}
  // `kind`: a failure class of docs/worker-protocol.md, or "interrupted".
  [[nodiscard]] const store::Failure& failure() const { return failure_; }

 private:
  store::Failure failure_;
};

// The class a worker named, if the protocol has it; else "crash" for what it could not name itself.
[[nodiscard]] std::string known_failure_class(std::string_view name);

}  // namespace vidbench::workers
