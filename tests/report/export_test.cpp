#include "report/export.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.h"
#include "base/strings.h"
#include "synthetic_run.h"

namespace vidbench::report {
namespace {

class ExportTest : public ::testing::Test {
 protected:
  ExportTest() {
    options_.models = {{"a", 0.6, 0.1, 4e8, 1}, {"b", 0.5, 0.2}};
    synthetic_.add(options_);
  }
  std::string text(const ExportOptions& options) {
    return export_run(synthetic_.store(), options_.run, options);
  }
  SyntheticStore synthetic_;
  SyntheticOptions options_;
};

TEST_F(ExportTest, WritesEveryFormat) {
  EXPECT_EQ(Json::parse(text({.format = "json"}))["schema"], "vidbench.leaderboard/1");
  EXPECT_TRUE(text({.format = "csv"}).starts_with("run,model,rank,"));
  EXPECT_NE(text({.format = "md"}).find("| # | model |"), std::string::npos);
  EXPECT_NE(text({.format = "latex"}).find("\\begin{tabular}"), std::string::npos);
  EXPECT_TRUE(text({.format = "html"}).starts_with("<!doctype html>"));
}

TEST_F(ExportTest, WritesOneRecordASample) {
  const auto lines = split(trim(text({.format = "csv", .samples = true})), '\n');
  ASSERT_EQ(lines.size(), 49U);
  const Json json = Json::parse(text({.format = "json", .samples = true}));
  ASSERT_EQ(json["samples"].size(), 48U);
  const auto header = split(lines[0], ','), second = split(lines[2], ',');
  ASSERT_EQ(header.size(), second.size());
  const auto column = std::find(header.begin(), header.end(), "shapes/flicker") - header.begin();
  EXPECT_EQ(std::stod(second.at(static_cast<size_t>(column))),
            json["samples"][1]["metrics"]["shapes/flicker"].get<double>());
  EXPECT_EQ(json["samples"][0]["failure"]["class"], "oom");
  EXPECT_FALSE(json["samples"][0].contains("video"));
}

TEST_F(ExportTest, SamplesAreWrittenInEveryFormat) {
  const auto lines = split(trim(text({.format = "jsonl", .samples = true})), '\n');
  ASSERT_EQ(lines.size(), 48U);
  const Json second = Json::parse(lines[1]);
  EXPECT_EQ(second["schema"], "vidbench.samples/1#samples");
  EXPECT_EQ(second["run"], options_.run);
  EXPECT_GT(second["metrics"]["shapes/flicker"].get<double>(), 0);
  EXPECT_EQ(split(trim(text({.format = "md", .samples = true})), '\n').size(), 50U);
  EXPECT_NE(text({.format = "latex", .samples = true}).find("prompt\\_ref"), std::string::npos);
  EXPECT_NE(text({.format = "html", .samples = true}).find("<td class=\"\" data-v=\"s000001\">"),
            std::string::npos);
}

TEST_F(ExportTest, RefusesWhatItCannotWrite) { EXPECT_THROW((void)text({.format = "xlsx"}), Error); }

}  // namespace
}  // namespace vidbench::report
