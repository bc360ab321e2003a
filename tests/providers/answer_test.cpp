#include "providers/answer.h"

#include <gtest/gtest.h>

namespace vidbench::providers {
namespace {

Poll poll() {
  Poll poll;
  poll.status.at = {"/status", "/state"};
  poll.status.queued = {"queued"};
  poll.status.running = {false, 5};
  poll.status.success = {true, 1, "done"};
  poll.status.failed = {"failed"};
  poll.status.moderation = {7};
  poll.status.message = {"/error/message", "/why"};
  poll.status.pending_http = {202};
  poll.status.absent_success = {"/url"};
  return poll;
}

JobState state(const Poll& poll, const char* body, int http = 200) {
  return read_poll(poll, http, Json::parse(body)).state;
}

TEST(Answer, StatusIsTextNumberFlagOrHttp) {
  const Poll p = poll();
  EXPECT_EQ(state(p, R"({"status": "queued"})"), JobState::kQueued);
  EXPECT_EQ(state(p, R"({"state": false})"), JobState::kRunning);
  EXPECT_EQ(state(p, R"({"status": 5})"), JobState::kRunning);
  EXPECT_EQ(state(p, R"({"status": null, "state": 1})"), JobState::kSuccess);
  EXPECT_EQ(state(p, R"({"status": "done"})"), JobState::kSuccess);
  EXPECT_EQ(state(p, R"({"status": 7})"), JobState::kModerated);
  EXPECT_EQ(state(p, R"({"url": "x"})"), JobState::kSuccess);
  EXPECT_EQ(state(p, R"({"status": "failed"})", 202), JobState::kRunning);
  EXPECT_EQ(state(p, R"({"status": "odd"})"), JobState::kUnclear);
  EXPECT_EQ(state(p, "{}"), JobState::kUnclear);
  EXPECT_EQ(state(p, R"({"status": {"deep": 1}})"), JobState::kUnclear);
  const Answer failed = read_poll(p, 200, Json::parse(R"({"status": "failed", "why": "line\none"})"));
  EXPECT_EQ(failed.state, JobState::kFailed);
  EXPECT_EQ(failed.message, "line one");
}

TEST(Answer, WhatIsLeftOpenMayBePendingButNotInAnError) {
  Poll p = poll();
  p.status.other_is_pending = p.status.absent_is_pending = true;
  EXPECT_EQ(state(p, R"({"status": "odd"})"), JobState::kRunning);
  EXPECT_EQ(state(p, "{}"), JobState::kRunning);
  EXPECT_EQ(state(p, R"({"status": 404})", 404), JobState::kUnclear);
  EXPECT_EQ(state(p, "{}", 500), JobState::kUnclear);
}

TEST(Answer, ASecondPlaceMayTellOfFailure) {
  Call call;
  call.fail = {{{"/ErrCode"}, FailRule::Test::kIsNot, {0}, false, {"/ErrMsg"}},
               {{"/ok"}, FailRule::Test::kIs, {false}, true, {}},
               {{"/error"}, FailRule::Test::kPresent, {}, false, {}}};
  EXPECT_FALSE(failure_in(call, Json::parse(R"({"ErrCode": 0, "ok": true, "error": null})")));
  EXPECT_EQ(failure_in(call, Json::parse(R"({"ErrCode": 9, "ErrMsg": "no"})"))->message, "no");
  EXPECT_EQ(failure_in(call, Json::parse(R"({"ok": false})"))->state, JobState::kModerated);
  EXPECT_EQ(failure_in(call, Json::parse(R"({"error": {}})"))->state, JobState::kFailed);
}

TEST(Answer, CapturesPlainValuesAlone) {
  Call call;
  call.capture = {{"id", {"/a", "/b"}}};
  std::map<std::string, Json> values;
  EXPECT_EQ(capture(call, Json::parse(R"({"b": 12})"), values), "");
  EXPECT_EQ(values["id"], 12);
  for (const char* body : {"{}", R"({"a": ""})", R"({"a": {}})", R"({"a": 1.5})", "[]", "null"})
    EXPECT_EQ(capture(call, Json::parse(body), values), "id") << body;
}

}  // namespace
}  // namespace vidbench::providers
