#include "cli/terminal.h"

#include <gtest/gtest.h>

#include <clocale>

namespace vidbench::cli {
namespace {

class TerminalText : public testing::Test {
 protected:
  void SetUp() override { ASSERT_NE(std::setlocale(LC_CTYPE, "C.UTF-8"), nullptr); }
};

TEST_F(TerminalText, WidthIsInColumns) {
  EXPECT_EQ(display_width(""), 0);
  EXPECT_EQ(display_width("abc"), 3);
  EXPECT_EQ(display_width("süß"), 3);
  EXPECT_EQ(display_width("視頻"), 4);
  EXPECT_EQ(display_width("a\x1b[0m"), 5) << "an escape sequence of others is shown, not obeyed";
  EXPECT_EQ(display_width("\xff\xfe"), 2);
}

TEST_F(TerminalText, CutsBetweenCharacters) {
  EXPECT_EQ(cut_to_width("abcdef", 6), "abcdef");
  EXPECT_EQ(cut_to_width("abcdef", 4), "abc…");
  EXPECT_EQ(cut_to_width("視頻視頻", 6), "視頻…");
  EXPECT_EQ(cut_to_width("視頻", 2), "…");
  EXPECT_EQ(cut_to_width("abc", 0), "");
  EXPECT_EQ(cut_to_width("abc", -5), "");
  EXPECT_EQ(cut_to_width("a\nb\x1b", 9), "a?b?");
}

}  // namespace
}  // namespace vidbench::cli
