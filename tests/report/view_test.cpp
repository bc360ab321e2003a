#include "report/view.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace vidbench::report {
namespace {

constexpr const char* kHostile = "=1+1 <b>&|\\input{x}_%$#~^\"'";

View a_view() {
  View view;
  view.title = kHostile;
  view.document = [] {
    return Json{
        {"schema", "vidbench.x/1"}, {"run", "r"}, {"more", {{"a", 1}}}, {"rows", {{{"v", 1.0 / 3}}, 7}}};
  };
  view.rows = "rows";
  view.table = [](bool compact) {
    Table table;
    table.columns = {{"name"}, {"value", true}};
    table.rows = {{{compact ? "short" : kHostile}, {"0.33", Emphasis::kBest, "0.3333333333333333"}},
                  {{"a,b\n\"c\""}, {"-1.5e-3"}},
                  {{"+x"}, {"@y"}},
                  {{"unknown", Emphasis::kNone, ""}, {"7"}}};
    return table;
  };
  return view;
}

TEST(View, JsonLinesCarryWhatTheDocumentSays) {
  EXPECT_EQ(render(a_view(), "jsonl"),
            "{\"run\":\"r\",\"schema\":\"vidbench.x/1#rows\",\"v\":0.3333333333333333}\n"
            "{\"rows\":7,\"run\":\"r\",\"schema\":\"vidbench.x/1#rows\"}\n");
  View whole = a_view();
  whole.rows.clear();
  EXPECT_EQ(Json::parse(render(whole, "jsonl")), whole.document());
}

TEST(View, CsvIsExactAndRunsNothing) {
  EXPECT_EQ(render(a_view(), "csv"),
            "name,value\n\"'=1+1 <b>&|\\input{x}_%$#~^\"\"'\",0.3333333333333333\n\"a,b "
            "\"\"c\"\"\",-1.5e-3\n'+x,'@y\n,7\n");
}

TEST(View, PeoplesFormatsAreRoundedAndEscaped) {
  const std::string md = render(a_view(), "md"), latex = render(a_view(), "latex"),
                    html = render(a_view(), "html");
  EXPECT_NE(md.find("| =1+1 &lt;b&gt;&amp;\\|\\\\input{x}\\_%$#~^\"' | **0.33** |"), std::string::npos);
  EXPECT_NE(latex.find("\\textbackslash{}input\\{x\\}\\_\\%\\$\\#\\textasciitilde{}\\textasciicircum{}"),
            std::string::npos);
  EXPECT_NE(latex.find("\\textbf{0.33}"), std::string::npos);
  EXPECT_EQ(html.find("<b>&"), std::string::npos);
  EXPECT_NE(html.find("<td class=\"num best\" data-v=\"0.3333333333333333\">0.33</td>"), std::string::npos);
  EXPECT_NE(html.find("<h1>=1+1 &lt;b&gt;&amp;"), std::string::npos);
  EXPECT_NE(render(a_view(), "table").find("short"), std::string::npos);
}

TEST(View, AnOwnFormatGoesFirst) {
  View view = a_view();
  view.own["csv"] = [] { return "own"; };
  EXPECT_EQ(render(view, "csv"), "own");
}

TEST(View, AFileSaysItsFormat) {
  EXPECT_EQ(format_of_file("a.b/c.JSONL"), "jsonl");
  EXPECT_EQ(format_of_file("x.tex"), "latex");
  EXPECT_EQ(format_of_file("x.latex"), "latex");
  for (const char* name : {"", "x", ".csv", "csv", "x.csv.gz", "x.", "a.csv/x"}) {
    try {
      (void)format_of_file(name);
      FAIL() << name;
    } catch (const Error& e) {
      EXPECT_EQ(e.hint(), "end its name in one of .json .jsonl .csv .md .html .tex .latex");
    }
  }
}

}  // namespace
}  // namespace vidbench::report
