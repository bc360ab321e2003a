#include "batch/quantities.h"

#include <gtest/gtest.h>

namespace vidbench::batch {
namespace {

TEST(Quantities, Durations) {
  EXPECT_EQ(parse_duration("4h"), 14400);
  EXPECT_EQ(parse_duration("1h 30m"), 5400);
  EXPECT_EQ(parse_duration("1h30min"), 5400);
  EXPECT_EQ(parse_duration("90"), 90);
  EXPECT_EQ(parse_duration(" 0.5 s "), 0.5);
  EXPECT_EQ(parse_duration("2 days"), 172800);
  for (const char* wrong : {"", "h", "0", "-1h", "4 30m", "4x", "1e999", "nan", "inf", "4h,", "4h x"})
    EXPECT_FALSE(parse_duration(wrong)) << wrong;
}

TEST(Quantities, Sizes) {
  EXPECT_EQ(parse_size("50GB"), 50000000000U);
  EXPECT_EQ(parse_size("1.5 GiB"), 1610612736U);
  EXPECT_EQ(parse_size("1024"), 1024U);
  for (const char* wrong : {"", "0", "GB", "-5GB", "5 gb", "5GBs", "5GB 1MB", "1e30TB", "nan"})
    EXPECT_FALSE(parse_size(wrong)) << wrong;
}

TEST(Quantities, Costs) {
  const auto cost = parse_cost("20 USD");
  ASSERT_TRUE(cost);
  EXPECT_EQ(cost->amount, 20);
  EXPECT_EQ(cost->currency, "USD");
  EXPECT_EQ(parse_cost("0.5EUR")->amount, 0.5);
  for (const char* wrong : {"", "20", "USD", "$20", "20 usd", "20 DOLLAR", "0 USD", "-1 USD", "20 USD 5"})
    EXPECT_FALSE(parse_cost(wrong)) << wrong;
}

}  // namespace
}  // namespace vidbench::batch
