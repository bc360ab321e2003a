#include "engine/retry.h"

#include <gtest/gtest.h>

namespace vidbench::engine {
namespace {

struct Case {
  const char* kind;
  int attempt;
  size_t batch_size;
  RetryAction expected;
};

TEST(Retry, FollowsTheTable) {
  const RetryPolicy policy;  // three attempts
  const Case cases[] = {
      {"oom", 1, 8, RetryAction::kSplit},
      {"oom", 9, 2, RetryAction::kSplit},
      {"oom", 1, 1, RetryAction::kFail},
      {"crash", 1, 8, RetryAction::kAgain},
      {"crash", 2, 8, RetryAction::kSplit},
      {"crash", 2, 1, RetryAction::kAgain},
      {"crash", 3, 8, RetryAction::kFail},
      {"timeout", 1, 1, RetryAction::kAgain},
      {"timeout", 3, 1, RetryAction::kFail},
      {"bad-output", 1, 4, RetryAction::kAgain},
      {"network", 1, 4, RetryAction::kWait},
      {"network", 3, 4, RetryAction::kFail},
      {"moderation", 1, 4, RetryAction::kFail},
      {"licence", 1, 1, RetryAction::kFail},
      {"unknown-outcome", 1, 1, RetryAction::kFail},
      {"provider-error", 1, 2, RetryAction::kFail},
      {"unsupported", 1, 4, RetryAction::kFail},
      {"invalid-request", 1, 1, RetryAction::kFail},
      {"interrupted", 1, 4, RetryAction::kFail},
  };
  for (const Case& c : cases)
    EXPECT_EQ(decide(c.kind, c.attempt, c.batch_size, policy), c.expected)
        << c.kind << " attempt " << c.attempt << " of " << c.batch_size;
}

TEST(Retry, GivesAModelUpOnlyBeyondShareAndMinimum) {
  const RetryPolicy policy{.max_attempts = 3, .failure_budget = 0.5, .failure_budget_minimum = 5};
  EXPECT_FALSE(budget_exhausted(4, 4, policy));
  EXPECT_FALSE(budget_exhausted(5, 10, policy));
  EXPECT_TRUE(budget_exhausted(6, 10, policy));
  EXPECT_FALSE(budget_exhausted(20, 100, policy));
}

}  // namespace
}  // namespace vidbench::engine
