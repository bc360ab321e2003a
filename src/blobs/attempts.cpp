#include "blobs/attempts.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "base/error.h"
#include "base/time.h"

namespace vidbench::blobs {
namespace {

using Outcome = TransferResult::Outcome;

constexpr int kAttempts = 4;  // in a row that bring nothing new
constexpr double kFirstWait_s = 0.5;

void wait(double seconds, const std::stop_token& stop) {
  const int64_t start_ns = monotonic_ns();
  while (seconds_since(start_ns) < seconds && !stop.stop_requested())
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
}

[[noreturn]] void throw_interrupted(const std::string& name) {
  throw Error(ErrorCode::kInterrupted,
              fmt::format("{}: interrupted; the same command goes on where it was", name));
}

}  // namespace

std::string persist(const Attempts& attempts, const std::stop_token& stop) {
  uint64_t most = attempts.bytes();
  bool started_over = false;
  for (int attempt = 1;; ++attempt) {
    const bool continued = attempts.bytes() > 0;
    TransferResult result = attempts.transfer();
    if (result.outcome == Outcome::kInterrupted) throw_interrupted(attempts.name);
    if (result.outcome == Outcome::kComplete) {
      result.problem = attempts.accept();
      if (result.problem.empty()) return "";
      result.outcome = continued ? Outcome::kStartOver : Outcome::kGiveUp;
    }
    if (result.outcome == Outcome::kStartOver) {
      attempts.discard();
      if (started_over) return result.problem;
      started_over = true;
      continue;
    }
    if (attempts.bytes() > most) attempt = 0;
    most = std::max(most, attempts.bytes());
    if (result.outcome == Outcome::kGiveUp || attempt == kAttempts) return result.problem;
    wait(std::max(result.wait_s, kFirstWait_s * static_cast<double>(1 << attempt) / 2), stop);
    if (stop.stop_requested()) throw_interrupted(attempts.name);
  }
}

}  // namespace vidbench::blobs
