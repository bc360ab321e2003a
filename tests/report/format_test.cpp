#include "report/format.h"

#include <gtest/gtest.h>

#include <cmath>

#include "report/table.h"

namespace vidbench::report {
namespace {

struct ValueCase {
  double value;
  const char* unit;
  const char* text;
};

TEST(Format, WritesOneRulePerUnit) {
  const ValueCase cases[] = {
      {0.112, "s", "112 ms"},
      {0.0004, "s", "400 µs"},
      {12.34, "s", "12.3 s"},
      {245, "s", "4 min 05 s"},
      {1.5 * (1 << 30), "B", "1.5 GiB"},
      {500, "B", "500 B"},
      {0.8234, "", "0.823"},
      {78.44, "", "78.4"},
      {2.7e6, "parameters", "2.70 M"},
      {12.44, "videos/s", "12.4 videos/s"},
      {95, "%", "95.0%"},
      {0, "", "0.00"},
      {-0.00001, "", "-1e-05"},
      {std::nan(""), "s", "–"},
      {HUGE_VAL, "", "–"},
  };
  for (const ValueCase& c : cases) EXPECT_EQ(format_value(c.value, c.unit), c.text) << c.value << c.unit;
}

TEST(Format, WritesIntervalsInTheValuesUnit) {
  EXPECT_EQ(format_interval(0.112, 0.104, 0.120, "s"), "112 ms ±8");
  EXPECT_EQ(format_interval(0.112, 0.110, 0.150, "s"), "112 ms [110, 150]");
  EXPECT_EQ(format_interval(5, 5, 5, ""), "5.00");
  EXPECT_EQ(format_interval(5, std::nan(""), 6, ""), "5.00");
}

TEST(Format, TakesControlCharactersAway) {
  EXPECT_EQ(printable("a\x1b[31mb\nc\x7f"), "a\xef\xbf\xbd[31mb c\xef\xbf\xbd");
  EXPECT_EQ(printable("ok é 漢 \xff"), "ok é 漢 \xef\xbf\xbd");
  EXPECT_EQ(printable("\xe2\x80\xaegnp"), "\xef\xbf\xbdgnp") << "right-to-left override";
}

TEST(Format, EscapesForEachLanguage) {
  EXPECT_EQ(escape_html("<script>\"'&"), "&lt;script&gt;&quot;&#39;&amp;");
  EXPECT_EQ(escape_html_lines("a<\nb"), "a&lt;\nb\n");
  EXPECT_EQ(escape_markdown("a|b_c<"), "a\\|b\\_c&lt;");
  EXPECT_EQ(escape_latex("50% of $x_1"), "50\\% of \\$x\\_1");
  EXPECT_EQ(escape_csv("a,\"b\""), "\"a,\"\"b\"\"\"");
  EXPECT_EQ(escape_csv("=HYPERLINK(1)"), "'=HYPERLINK(1)");
}

TEST(Format, EncodesBase64) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64("\xff\xfe"), "//4=");
}

TEST(Format, MeasuresTerminalColumns) {
  EXPECT_EQ(display_width("é漢"), 3U);
  EXPECT_EQ(truncate("abcdef", 4), "abc…");
  EXPECT_EQ(truncate("漢字漢字", 5), "漢字…");
}

TEST(Table, DropsTheLeastImportantColumnsOnANarrowTerminal) {
  const Table table{{{"name", false, 0}, {"first", true, 1}, {"second", true, 2}}, {{{"a"}, {"1"}, {"2"}}}};
  const DrawnTable wide = draw_terminal(table, {80, false});
  EXPECT_TRUE(wide.dropped.empty());
  EXPECT_EQ(wide.text,
            "┌──────┬───────┬────────┐\n"
            "│ name │ first │ second │\n"
            "├──────┼───────┼────────┤\n"
            "│ a    │     1 │      2 │\n"
            "└──────┴───────┴────────┘\n");
  const DrawnTable narrow = draw_terminal(table, {20, false});
  EXPECT_EQ(narrow.dropped, std::vector<std::string>{"second"});
}

TEST(Table, ShortensNamesRatherThanOverflow) {
  const Table table{{{"model", false, 0}, {"score", true, 0}},
                    {{{"a-very-long-model-name-indeed"}, {"1.00"}}}};
  const std::string text = draw_terminal(table, {30, false}).text;
  EXPECT_NE(text.find("…"), std::string::npos);
  EXPECT_LE(display_width(text.substr(0, text.find('\n'))), 30U);
}

TEST(Table, ShortensSentencesRatherThanNames) {
  const Table table{
      {{"model", false, 0}, {"runner", false, 0}, {"missing", false, 0}},
      {{{"wan2.1-t2v-14b"}, {"diffusers"}, {"its weights are not on this machine, fetch them"}}}};
  const std::string text = draw_terminal(table, {60, false}).text;
  EXPECT_NE(text.find("│ wan2.1-t2v-14b │ diffusers │ its weights are not"), std::string::npos) << text;
  EXPECT_EQ(display_width(text.substr(0, text.find('\n'))), 60U);
  for (const size_t width : {20U, 40U, 41U, 42U, 43U}) {  // too narrow for anything: it ends
    const std::string narrow = draw_terminal(table, {width, false}).text;
    EXPECT_LE(display_width(narrow.substr(0, narrow.find('\n'))), std::max<size_t>(width, 34)) << narrow;
  }
}

TEST(Table, ColoursOnlyWhenAsked) {
  const Table table{{{"x", true, 0}}, {{{"1", Emphasis::kBest}}}};
  EXPECT_EQ(draw_terminal(table, {80, false}).text.find('\x1b'), std::string::npos);
  EXPECT_NE(draw_terminal(table, {80, true}).text.find("\x1b[1;32m1\x1b[0m"), std::string::npos);
}

TEST(Format, UrlsOfPathsAreEncoded) {
  EXPECT_EQ(escape_url_path("a/b-1_2.mp4"), "a/b-1_2.mp4");
  EXPECT_EQ(escape_url_path("../über 50%#?\"<.mp4"), "../%C3%BCber%2050%25%23%3F%22%3C.mp4");
}

}  // namespace
}  // namespace vidbench::report
