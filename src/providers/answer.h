// Reads what a provider answered: still at work, done, failed, refused.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "base/json.h"
#include "providers/provider.h"

namespace vidbench::providers {

enum class JobState { kQueued, kRunning, kSuccess, kFailed, kModerated, kUnclear };

struct Answer {
  JobState state = JobState::kUnclear;
  std::string status;   // as the provider wrote it, "" when it wrote none
  std::string message;  // its reason, or ours for kUnclear; one line
};

// What the call's `fail` rules find in the body.
[[nodiscard]] std::optional<Answer> failure_in(const Call& call, const Json& body);

// A poll's answer. `body` may be null when it was not JSON.
[[nodiscard]] Answer read_poll(const Poll& poll, int http_status, const Json& body);

// Adds what the call captures. Returns the name whose value is not there, or is no plain value; "" = all
// there.
[[nodiscard]] std::string capture(const Call& call, const Json& body, std::map<std::string, Json>& values);

// The text at the first of `pointers`, on one line; "" when there is none.
[[nodiscard]] std::string text_at(const Json& body, const Texts& pointers);

}  // namespace vidbench::providers
