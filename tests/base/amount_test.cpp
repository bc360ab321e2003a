#include "base/amount.h"

#include <gtest/gtest.h>

namespace vidbench {
namespace {

TEST(ParseSize, KnowsUnits) {
  EXPECT_EQ(parse_size("50GB"), 50'000'000'000U);
  EXPECT_EQ(parse_size("1.5 GiB"), 1'610'612'736U);
  EXPECT_EQ(parse_size("200G"), uint64_t{200} << 30);
  EXPECT_EQ(parse_size("1.5K"), 1536U);
  EXPECT_EQ(parse_size("7TB"), 7'000'000'000'000U);
  EXPECT_EQ(parse_size(" 1024 "), 1024U);
  EXPECT_EQ(parse_size("0"), 0U);
  for (const char* wrong : {"", "G", "GB", "-1", "-5GB", "5 gb", "5GBs", "5GB 1MB", "1X", "1KK", "1 2",
                            "1e30", "1e30TB", "nan", "inf"})
    EXPECT_FALSE(parse_size(wrong)) << wrong;
}

TEST(TakeAmount, LeavesWhatFollows) {
  std::string_view text = " 1.5h 30m";
  const auto hours = take_amount(text);
  ASSERT_TRUE(hours);
  EXPECT_EQ(hours->number, 1.5);
  EXPECT_EQ(hours->unit, "h");
  EXPECT_EQ(text, "30m");
}

}  // namespace
}  // namespace vidbench
