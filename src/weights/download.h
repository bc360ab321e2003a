// One transfer over HTTP, continued where an earlier one ended.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>

#include "weights/partial.h"

namespace vidbench::weights {

struct TransferProgress {
  uint64_t done_bytes = 0;
  uint64_t total_bytes = 0;  // 0 when the server does not say
};

struct TransferLimits {
  uint64_t max_bytes = 0;                  // more than this is refused
  std::optional<uint64_t> expected_bytes;  // anything else is refused
  bool content_is_known = false;  // a digest will be checked: content of another address may be continued
};

struct TransferResult {
  enum class Outcome {
    kComplete,
    kInterrupted,  // by the stop request; what was received is kept
    kTryAgain,     // the network's or the server's trouble; what was received is kept
    kStartOver,    // what is there cannot be continued: discard it and try again
    kGiveUp,       // this address does not give the file
  };
  Outcome outcome = Outcome::kGiveUp;
  std::string problem;  // one line
  double wait_s = 0;    // the server asks to wait (Retry-After)
};

// GETs `url` into `part`. Redirects are followed, from https to https only. Throws Error(kEnvironment) when
// the disk refuses.
[[nodiscard]] TransferResult transfer(const std::string& url, Partial& part, const TransferLimits& limits,
                                      const std::function<void(const TransferProgress&)>& on_progress,
                                      const std::stop_token& stop);

}  // namespace vidbench::weights
