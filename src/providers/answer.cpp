#include "providers/answer.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/strings.h"
#include "providers/pointer.h"

namespace vidbench::providers {
namespace {

bool contains(const std::vector<Json>& values, const Json& value) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

std::string shown(const Json& value) {
  return one_line(value.is_string() ? value.get<std::string>() : document(value, -1));
}

bool applies(const FailRule& rule, const Json& body) {
  const Json* found = find_first(body, rule.at);
  if (found == nullptr) return false;
  switch (rule.test) {
    case FailRule::Test::kIs:
      return contains(rule.values, *found);
    case FailRule::Test::kIsNot:
      return !contains(rule.values, *found);
    case FailRule::Test::kPresent:
      return true;
  }
  return false;
}

Answer without_status(const StatusRule& rule, const Json& body) {
  if (find_first(body, rule.absent_success) != nullptr) return {JobState::kSuccess, "", ""};
  if (rule.absent_is_pending) return {JobState::kRunning, "", ""};
  return {JobState::kUnclear, "", "the answer has no status at " + join(rule.at, " or ")};
}

}  // namespace

std::string text_at(const Json& body, const Texts& pointers) {
  const Json* found = find_first(body, pointers);
  return found == nullptr ? "" : shown(*found);
}

std::optional<Answer> failure_in(const Call& call, const Json& body) {
  for (const FailRule& rule : call.fail) {
    if (!applies(rule, body)) continue;
    std::string message = text_at(body, rule.message);
    if (message.empty()) message = fmt::format("{} at {}", text_at(body, rule.at), join(rule.at, " or "));
    return Answer{rule.moderation ? JobState::kModerated : JobState::kFailed, "", message};
  }
  return std::nullopt;
}

Answer read_poll(const Poll& poll, int http_status, const Json& body) {
  const StatusRule& rule = poll.status;
  if (std::find(rule.pending_http.begin(), rule.pending_http.end(), http_status) != rule.pending_http.end())
    return {JobState::kRunning, std::to_string(http_status), ""};
  if (const auto failure = failure_in(poll.call, body)) return *failure;
  const Json* found = find_first(body, rule.at);
  const bool good = http_status < 300;  // an error's body says nothing by what it leaves out
  if (found == nullptr)
    return good ? without_status(rule, body) : Answer{JobState::kUnclear, "", "the answer has no status"};
  const std::string status = shown(*found);
  const auto failed = [&](JobState state) {
    const std::string message = text_at(body, rule.message);
    return Answer{state, status, message.empty() ? fmt::format("status {}", status) : message};
  };
  if (contains(rule.success, *found)) return {JobState::kSuccess, status, ""};
  if (contains(rule.queued, *found)) return {JobState::kQueued, status, ""};
  if (contains(rule.running, *found)) return {JobState::kRunning, status, ""};
  if (contains(rule.moderation, *found)) return failed(JobState::kModerated);
  if (contains(rule.failed, *found)) return failed(JobState::kFailed);
  if (rule.other_is_pending && good) return {JobState::kRunning, status, ""};
  return {JobState::kUnclear, status, fmt::format("the status '{}' is not one that is known", status)};
}

std::string capture(const Call& call, const Json& body, std::map<std::string, Json>& values) {
  for (const auto& [name, pointers] : call.capture) {
    const Json* found = find_first(body, pointers);
    const bool plain = found != nullptr && (found->is_string() || found->is_number_integer());
    if (!plain || (found->is_string() && found->get_ref<const std::string&>().empty())) return name;
    values[name] = *found;
  }
  return "";
}

}  // namespace vidbench::providers
