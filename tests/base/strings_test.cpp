#include "base/strings.h"

#include <gtest/gtest.h>

namespace vidbench {
namespace {

const std::vector<std::string> kNames = {"frames", "width", "height", "steps"};

TEST(Nearest, FindsTyposAndNothingElse) {
  EXPECT_EQ(nearest("frame", kNames), "frames");
  EXPECT_EQ(nearest("framse", kNames), "frames");
  EXPECT_EQ(nearest("widht", kNames), "width");
  EXPECT_EQ(nearest("steps", kNames), "steps");
  EXPECT_EQ(nearest("guidance", kNames), "");
  EXPECT_EQ(nearest("frames", std::vector<std::string>{}), "");
}

TEST(Nearest, LongerWordsMayDifferMore) {
  const std::vector<std::string> names = {"shapes/frame-consistency"};
  EXPECT_EQ(nearest("shapes/frames-consistancy", names), names[0]);
  EXPECT_EQ(nearest("shape/frame-consistent", names), names[0]);
  EXPECT_EQ(nearest("video/flicker", names), "");
}

TEST(Suggestion, NamesTheNearestOrAll) {
  EXPECT_EQ(suggestion("hieght", kNames), "did you mean 'height'?");
  EXPECT_EQ(suggestion("guidance", kNames), "one of: frames, width, height, steps");
}

TEST(SplitAndJoin, AreInverse) {
  for (const std::string text : {"", ",", "a", "a,b", ",a,,b,"}) EXPECT_EQ(join(split(text, ','), ","), text);
  EXPECT_EQ(split("a,,b", ','), (std::vector<std::string>{"a", "", "b"}));
  EXPECT_EQ(split("", ','), std::vector<std::string>{""});
  EXPECT_EQ(join(std::vector<std::string>{}, ", "), "");
}

TEST(Trim, RemovesOuterWhiteSpaceOnly) {
  EXPECT_EQ(trim(" \t a b\r\n"), "a b");
  EXPECT_EQ(trim("a"), "a");
  EXPECT_EQ(trim(" \n "), "");
  EXPECT_EQ(trim(""), "");
}

TEST(HumanBytes, PicksTheUnitAfterRounding) {
  EXPECT_EQ(human_bytes(0), "0 B");
  EXPECT_EQ(human_bytes(1023), "1023 B");
  EXPECT_EQ(human_bytes(1024), "1.0 KiB");
  EXPECT_EQ(human_bytes(1536), "1.5 KiB");
  EXPECT_EQ(human_bytes(1024 * 1024 - 1), "1.0 MiB");  // never "1024.0 KiB"
  EXPECT_EQ(human_bytes(uint64_t{80} << 30), "80.0 GiB");
  EXPECT_EQ(human_bytes(UINT64_MAX), "16777216.0 TiB");
}

TEST(HumanDuration, PicksTheUnitAfterRounding) {
  EXPECT_EQ(human_duration(0), "0 ms");
  EXPECT_EQ(human_duration(0.85), "850 ms");
  EXPECT_EQ(human_duration(0.9994), "999 ms");
  EXPECT_EQ(human_duration(0.9996), "1.0 s");
  EXPECT_EQ(human_duration(12.34), "12.3 s");
  EXPECT_EQ(human_duration(59.94), "59.9 s");
  EXPECT_EQ(human_duration(59.96), "1 min 00 s");
  EXPECT_EQ(human_duration(245), "4 min 05 s");
  EXPECT_EQ(human_duration(3599.6), "1 h 00 min");
  EXPECT_EQ(human_duration(7380), "2 h 03 min");
}

}  // namespace
}  // namespace vidbench
