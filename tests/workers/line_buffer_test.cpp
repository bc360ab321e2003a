#include "workers/line_buffer.h"

#include <gtest/gtest.h>

#include "base/strings.h"
#include "workers/worker_error.h"
#include "workers/worker_process.h"

namespace vidbench::workers {
namespace {

TEST(LineBuffer, CutsLinesHoweverTheBytesArrive) {
  LineBuffer buffer(100);
  buffer.append("one\ntw");
  EXPECT_EQ(buffer.next(), "one");
  EXPECT_EQ(buffer.next(), std::nullopt);
  buffer.append("o\n\nthree");
  EXPECT_EQ(buffer.next(), "two");
  EXPECT_EQ(buffer.next(), "");
  EXPECT_EQ(buffer.next(), std::nullopt);
  buffer.append("\n");
  EXPECT_EQ(buffer.next(), "three");
  EXPECT_EQ(buffer.next(), std::nullopt);
}

TEST(LineBuffer, TellsALineThatIsTooLong) {
  LineBuffer buffer(10);
  buffer.append("short\n0123456789");
  EXPECT_EQ(buffer.next(), "short");
  EXPECT_EQ(buffer.next(), std::nullopt);
  EXPECT_FALSE(buffer.too_long());
  buffer.append("x");
  EXPECT_TRUE(buffer.too_long());
}

TEST(ParseMessage, TakesProtocolMessagesOnly) {
  EXPECT_TRUE(parse_message(R"({"jsonrpc": "2.0", "id": 1, "result": {}})"));
  EXPECT_TRUE(
      parse_message(R"({"jsonrpc": "2.0", "method": "progress", "params": {"stage": "[[[{{{\"[["}})"));
  EXPECT_FALSE(parse_message(""));
  EXPECT_FALSE(parse_message("loading"));
  EXPECT_FALSE(parse_message(R"({"jsonrpc": "1.0", "id": 1})"));
  EXPECT_FALSE(parse_message(R"({"id": 1})"));
  EXPECT_FALSE(parse_message(R"([{"jsonrpc": "2.0"}])"));
  EXPECT_FALSE(parse_message(R"({"jsonrpc": "2.0", "id": 1)"));
  EXPECT_FALSE(parse_message("{\"jsonrpc\": \"2.0\", \"x\": \"\xff\"}"));
  EXPECT_FALSE(
      parse_message(R"({"jsonrpc": "2.0", "x": )" + std::string(1000, '[') + std::string(1000, ']') + "}"));
}

TEST(OneLine, KeepsTextPrintableAndShort) {
  EXPECT_EQ(one_line("a\nb\tc\x1b[31m"), "a b c [31m");
  EXPECT_EQ(one_line(std::string(600, 'x')).size(), 500u);
  std::string umlauts;
  for (int i = 0; i < 300; ++i) umlauts += "é";
  EXPECT_EQ(one_line("x" + umlauts).size(), 499u) << "no half character at the end";
}

TEST(ProcTexts, NumbersAreFoundOrZero) {
  EXPECT_EQ(oom_kill_count("pgfault 12\noom_kill 3\nthp_fault 9\n"), 3u);
  EXPECT_EQ(oom_kill_count("pgfault 12\n"), 0u);
  EXPECT_EQ(peak_resident_from_status("Name:\tx\nVmHWM:\t    2048 kB\nVmRSS:\t 1 kB\n"), 2048u * 1024);
  EXPECT_EQ(peak_resident_from_status(""), 0u);
}

}  // namespace
}  // namespace vidbench::workers
