#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <ctime>
#include <thread>
#include <vector>

#include "base/log.h"
#include "base/strings.h"
#include "base/time.h"

namespace vidbench {
namespace {

// The text with every digit as '0'.
std::string shape_of(std::string text) {
  const auto is_digit = [](unsigned char c) { return std::isdigit(c) != 0; };
  std::replace_if(text.begin(), text.end(), is_digit, '0');
  return text;
}

TEST(Time, MonotonicNeverStepsBack) {
  int64_t last = monotonic_ns();
  for (int i = 0; i < 10000; ++i) {
    const int64_t now = monotonic_ns();
    ASSERT_GE(now, last);
    last = now;
  }
  const int64_t start = monotonic_ns();
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_GE(seconds_since(start), 0.02);
  EXPECT_LT(seconds_since(start), 5.0);
}

TEST(Time, WallClockFormats) {
  // Not std::time: its coarse clock may lag a few milliseconds behind this one.
  const auto seconds = [] { return std::chrono::system_clock::to_time_t(std::chrono::system_clock::now()); };
  const std::time_t before = seconds();
  const std::string text = now_rfc3339();
  EXPECT_EQ(shape_of(text), "0000-00-00T00:00:00.000Z");
  std::tm parsed{};
  ASSERT_NE(strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &parsed), nullptr);
  EXPECT_GE(timegm(&parsed), before);  // UTC, whatever TZ says
  EXPECT_LE(timegm(&parsed), seconds());
  EXPECT_EQ(shape_of(now_compact()), "00000000-000000");
}

TEST(Log, LevelsAndPrefixes) {
  testing::internal::CaptureStderr();
  log(LogLevel::kDebug, "dropped");
  log_info("plain");
  log_warning("careful");
  log(LogLevel::kError, "broken");
  set_log_level(LogLevel::kError);
  log_warning("dropped too");
  set_log_level(LogLevel::kInfo);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "plain\nwarning: careful\nerror: broken\n");
}

TEST(Log, LinesOfThreadsStayWhole) {
  testing::internal::CaptureStderr();
  {
    std::vector<std::jthread> threads;
    for (char c = 'a'; c < 'e'; ++c)
      threads.emplace_back([c] {
        for (int i = 0; i < 200; ++i) log_info(std::string(60, c));
      });
  }
  int lines = 0;
  for (const std::string& line : split(testing::internal::GetCapturedStderr(), '\n')) {
    if (line.empty()) continue;
    EXPECT_EQ(line, std::string(60, line[0]));
    ++lines;
  }
  EXPECT_EQ(lines, 800);
}

}  // namespace
}  // namespace vidbench
