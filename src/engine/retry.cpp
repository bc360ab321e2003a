#include "engine/retry.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace vidbench::engine {

RetryAction decide(const std::string& kind, int attempt, size_t batch_size, const RetryPolicy& policy) {
  constexpr std::array<std::string_view, 7> kFinal = {"moderation",      "licence",     "unsupported",
                                                      "invalid-request", "interrupted", "unknown-outcome",
                                                      "provider-error"};
  if (std::find(kFinal.begin(), kFinal.end(), kind) != kFinal.end()) return RetryAction::kFail;
  if (kind == "oom") return batch_size > 1 ? RetryAction::kSplit : RetryAction::kFail;
  if (attempt >= policy.max_attempts) return RetryAction::kFail;
  if (kind == "network") return RetryAction::kWait;
  // The first repetition is unchanged, since most crashes pass; then the culprit is isolated.
  return attempt > 1 && batch_size > 1 ? RetryAction::kSplit : RetryAction::kAgain;
}

bool budget_exhausted(size_t failed, size_t total, const RetryPolicy& policy) {
  return failed >= static_cast<size_t>(policy.failure_budget_minimum) &&
         static_cast<double>(failed) > policy.failure_budget * static_cast<double>(total);
}

}  // namespace vidbench::engine
