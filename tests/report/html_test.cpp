#include "report/html_report.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <set>

#include "report/compare.h"
#include "report/format.h"
#include "report/leaderboard_text.h"
#include "report/plot.h"
#include "synthetic_run.h"

namespace vidbench::report {
namespace {

class HtmlTest : public ::testing::Test {
 protected:
  std::string page(std::vector<SyntheticModel> models, std::vector<PreviewVideo> previews = {}) {
    options_.models = std::move(models);
    synthetic_.add(options_);
    return render_html(build_run_report(synthetic_.store(), options_.run), previews);
  }
  std::filesystem::path file(const std::string& name, const std::string& content) {
    const auto path = synthetic_.folder().path() / name;
    write_file_atomic(path, content);
    return path;
  }
  SyntheticStore synthetic_;
  SyntheticOptions options_;
};

size_t count(const std::string& text, const std::string& part) {
  size_t n = 0;
  for (size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size()) ++n;
  return n;
}

TEST_F(HtmlTest, IsOneFileThatLoadsNothing) {
  const std::string html =
      page(eight_models(), {{"shapes-base-8", "quickstart/0", "a red circle", 1, file("a.mp4", "mp4!")}});
  for (const char* pattern : {"http://", "https://", "<link", "@import", "url(", "src=\"/", "<iframe"})
    EXPECT_EQ(html.find(pattern), std::string::npos) << pattern;
  EXPECT_NE(html.find("data:video/mp4;base64," + base64("mp4!")), std::string::npos);
  EXPECT_NE(html.find("default-src"), std::string::npos);
  for (const char* section : {"Ranking", "Quality against latency", "What the score is made of", "The videos",
                              "Metrics", "Protocol", "Failures", "Manifest"})
    EXPECT_NE(html.find("<h2>" + std::string(section)), std::string::npos) << section;
  EXPECT_EQ(count(html, "<section>"), count(html, "</section>"));
  EXPECT_EQ(html.find("nan"), std::string::npos);
}

TEST_F(HtmlTest, EscapesHostileTexts) {
  const std::string evil = "</script><script>alert(1)</script>\"'><img src=x onerror=alert(2)>";
  const std::string html =
      page({{evil, 0.5, 0.1, 4e8, 2}, {"b", 0.4, 0.1}}, {{evil, evil, evil, 1, file("a.mp4", "x")}});
  EXPECT_EQ(count(html, "<script"), 1U);
  EXPECT_EQ(html.find("<img"), std::string::npos);
  EXPECT_EQ(html.find("\"'>"), std::string::npos);
}

TEST_F(HtmlTest, BoundsTheVideos) {
  std::vector<PreviewVideo> previews;
  const auto path = file("a.mp4", "x");
  for (int prompt = 0; prompt < 9; ++prompt)
    for (const SyntheticModel& model : eight_models())
      previews.push_back({model.id, "quickstart/" + std::to_string(prompt), "", 1, path});
  previews[0].path = "/nonexistent.mp4";
  const std::string html = page(eight_models(), previews);
  EXPECT_EQ(count(html, "<video"), kMaxPreviewModels * kMaxPreviewPrompts - 1);
  EXPECT_EQ(count(html, "no video"), 1U);
  EXPECT_NE(html.find("47 of 72 previews"), std::string::npos);
}

TEST_F(HtmlTest, ARunWithNothingDoneIsAPageToo) {
  options_.done = false;
  const std::string html = page(eight_models());
  EXPECT_NE(html.find("No model has a score yet"), std::string::npos);
  EXPECT_EQ(html.find("<svg"), std::string::npos);
}

struct Box {
  double x, y, width;
};

TEST(Plot, LabelsDoNotOverlap) {
  std::vector<PlotPoint> points;
  for (int i = 0; i < 8; ++i) {
    const double x = 0.1 + 0.004 * i, y = 60 + i;  // crowded
    points.push_back(
        {"shapes-model-" + std::to_string(i), x, x * 0.95, x * 1.05, y, y - 2, y + 2, i % 2 == 0});
  }
  const std::string svg = quality_latency_plot(points);
  std::vector<Box> boxes;
  for (size_t at = 0; (at = svg.find("<text class=\"label", at)) != std::string::npos; ++at) {
    const size_t x = svg.find("x=\"", at) + 3, y = svg.find("y=\"", at) + 3;
    boxes.push_back({std::stod(svg.substr(x)), std::stod(svg.substr(y)), 14 * 6.9});
  }
  ASSERT_EQ(boxes.size(), 8U);
  for (size_t i = 0; i < boxes.size(); ++i)
    for (size_t j = i + 1; j < boxes.size(); ++j)
      EXPECT_TRUE(std::abs(boxes[i].x - boxes[j].x) >= boxes[i].width ||
                  std::abs(boxes[i].y - boxes[j].y) >= 14.9)
          << i << " and " << j;
}

TEST(Plot, LeavesOutPointsThatHaveNoPlace) {
  EXPECT_EQ(quality_latency_plot({{"a", 0, 0, 0, 50, 50, 50, false}}), "");
  EXPECT_EQ(quality_latency_plot({}), "");
  EXPECT_NE(quality_latency_plot({{"a", 1, 1, 1, 50, 50, 50, true}}).find("<svg"), std::string::npos);
}

// VIDBENCH_WRITE_REPORT=FILE [VIDBENCH_PREVIEWS=DIR with MODEL_PROMPT.mp4] keeps the page for a look in a
// browser.
TEST_F(HtmlTest, CanBeKeptForALook) {
  const char* output = std::getenv("VIDBENCH_WRITE_REPORT");
  if (!output) GTEST_SKIP() << "VIDBENCH_WRITE_REPORT is not set";
  std::vector<PreviewVideo> previews;
  const char* folder = std::getenv("VIDBENCH_PREVIEWS");
  for (int prompt = 0; folder && prompt < 6; ++prompt)
    for (const SyntheticModel& model : eight_models())
      previews.push_back(
          {model.id, "quickstart/" + std::to_string(prompt),
           "a large red circle moving left on a grey background", 1,
           std::filesystem::path(folder) / (model.id + "_" + std::to_string(prompt) + ".mp4")});
  const std::string html = page(eight_models(), previews);
  const Leaderboard board = build_leaderboard(synthetic_.store(), options_.run);
  std::string text;
  for (const size_t width : {80, 120, 200})
    text += leaderboard_terminal(board, {{width, false}, {"vidbench report last", "vidbench compare A B"}}) +
            "\n";
  write_file_atomic(std::string(output) + ".txt",
                    text +
                        comparison_terminal(compare(synthetic_.store(), options_.run + ":shapes-base-4",
                                                    options_.run + ":shapes-base-8"),
                                            {100, false}) +
                        leaderboard_markdown(board) + leaderboard_latex(board));
  write_file_atomic(output, html);
  EXPECT_EQ(std::filesystem::file_size(output), html.size());
}

}  // namespace
}  // namespace vidbench::report
