#include "report/leaderboard.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "base/error.h"
#include "base/strings.h"
#include "report/format.h"
#include "report/leaderboard_text.h"
#include "synthetic_run.h"

namespace vidbench::report {
namespace {

class LeaderboardTest : public ::testing::Test {
 protected:
  Leaderboard board(std::vector<SyntheticModel> models = eight_models(), const std::string& profile = "") {
    options_.models = std::move(models);
    synthetic_.add(options_);
    return build_leaderboard(synthetic_.store(), options_.run, profile);
  }
  SyntheticStore synthetic_;
  SyntheticOptions options_;
};

TEST_F(LeaderboardTest, RanksByScoreWithPlausibleRanges) {
  const Leaderboard result = board();
  ASSERT_EQ(result.entries.size(), 8U);
  EXPECT_EQ(result.profile, "balanced");
  for (size_t i = 0; i < result.entries.size(); ++i) {
    const LeaderboardEntry& entry = result.entries[i];
    ASSERT_TRUE(entry.score.value) << entry.score.reason;
    EXPECT_EQ(entry.rank, i + 1);
    EXPECT_LE(entry.rank_low, entry.rank);
    EXPECT_GE(entry.rank_high, entry.rank);
    EXPECT_LE(entry.score.low, *entry.score.value);
    EXPECT_GE(entry.score.high, *entry.score.value);
    if (i > 0) {
      EXPECT_LE(*entry.score.value, *result.entries[i - 1].score.value);
    }
  }
  EXPECT_EQ(result.entries.back().model, "shapes-weak-8");
}

TEST_F(LeaderboardTest, MarksTheParetoFrontOfQualityAgainstLatency) {
  const Leaderboard result =
      board({{"good-slow", 0.9, 1.0}, {"good-slower", 0.5, 2.0}, {"weak-fast", 0.3, 0.01}});
  for (const LeaderboardEntry& entry : result.entries) EXPECT_EQ(entry.pareto, entry.model != "good-slower");
}

TEST_F(LeaderboardTest, TheProfileChangesTheOrderAndTheDefinition) {
  const Leaderboard quality = board({{"good-slow", 0.9, 30.0}, {"weak-fast", 0.55, 0.1}}, "quality");
  const Leaderboard realtime = build_leaderboard(synthetic_.store(), options_.run, "realtime");
  EXPECT_EQ(quality.entries[0].model, "good-slow");
  EXPECT_EQ(realtime.entries[0].model, "weak-fast");
  EXPECT_NE(quality.digest, realtime.digest);
}

TEST_F(LeaderboardTest, AllFormatsAgreeInValues) {
  const Leaderboard result = board();
  const Json json = Json::parse(document(to_json(result)));
  const auto lines = split(trim(leaderboard_csv(result)), '\n');
  const auto header = split(lines.at(0), ',');
  const std::string terminal = leaderboard_terminal(result, {{1000, false}, {}});
  const std::string markdown = leaderboard_markdown(result);
  ASSERT_EQ(lines.size(), 9U);
  for (size_t i = 0; i < 8; ++i) {
    const auto fields = split(lines[i + 1], ',');
    ASSERT_EQ(fields.size(), header.size());
    const Json& entry = json["entries"][i];
    size_t checked = 0;
    for (size_t column = 0; column < header.size(); ++column) {
      if (!entry["metrics"].contains(header[column])) continue;
      const Json& metric = entry["metrics"][header[column]];
      EXPECT_EQ(std::stod(fields[column]), metric["value"].get<double>()) << header[column];
      EXPECT_EQ(std::stod(fields[column + 1]), metric["low"].get<double>());
      EXPECT_EQ(std::stod(fields[column + 2]), metric["high"].get<double>());
      const std::string text =
          format_interval(metric["value"], metric["low"], metric["high"], metric["unit"].get<std::string>());
      const auto info = std::find_if(result.columns.begin(), result.columns.end(),
                                     [&](auto& item) { return item.id == header[column]; });
      const std::string shown = terminal_value(result.entries[i].metrics.at(info->id), *info);
      EXPECT_NE(terminal.find(shown), std::string::npos) << shown;
      EXPECT_TRUE(
          shown.starts_with(format_value(metric["value"], info->id == "throughput" ? "" : info->unit)));
      EXPECT_NE(markdown.find(escape_markdown(text)), std::string::npos) << text;
      ++checked;
    }
    EXPECT_EQ(checked, 17U);
    EXPECT_EQ(fields[1], entry["model"]);
  }
}

TEST_F(LeaderboardTest, HasTheDocumentedMembers) {
  const Json json = to_json(board());
  EXPECT_EQ(json["schema"], "vidbench.leaderboard/1");
  const Json& entry = json["entries"][0];
  for (const char* member :
       {"model", "settings", "rank", "rank_low", "rank_high", "pareto", "score", "metrics", "samples"})
    EXPECT_TRUE(entry.contains(member)) << member;
  EXPECT_EQ(entry["metrics"]["latency"]["unit"], "s");
  EXPECT_EQ(entry["metrics"]["latency"]["better"], "lower");
  EXPECT_EQ(entry["metrics"]["shapes/text-alignment"]["better"], "higher");
  EXPECT_EQ(entry["score"]["profile"], "balanced");
}

TEST_F(LeaderboardTest, CountsFailedSamplesAndSaysSo) {
  const Leaderboard result = board();
  const Json json = to_json(result);
  size_t failed = 0;
  for (const Json& entry : json["entries"]) failed += entry["samples"]["failed"].get<size_t>();
  EXPECT_EQ(failed, 2U);
  EXPECT_EQ(result.notes.at(0), "shapes-small-24: 2 of 24 samples failed");
}

TEST_F(LeaderboardTest, ARunWithNothingDoneIsShownWithoutNumbers) {
  options_.done = false;
  const Leaderboard result = board();
  const Json json = Json::parse(document(to_json(result)));
  for (const Json& entry : json["entries"]) {
    EXPECT_TRUE(entry["rank"].is_null());
    EXPECT_TRUE(entry["score"]["value"].is_null());
    EXPECT_FALSE(entry["score"]["reason"].get<std::string>().empty());
    EXPECT_TRUE(entry["metrics"].empty());
    EXPECT_EQ(entry["samples"]["planned"], 24);
  }
  EXPECT_NE(leaderboard_terminal(result, {{80, false}, {}}).find("No model has a score yet"),
            std::string::npos);
}

TEST_F(LeaderboardTest, NeverWritesANumberThatIsNone) {
  Leaderboard result = board({{"a"}, {"b"}});
  result.entries[0].metrics["latency"] = {std::nan(""), std::nan(""), HUGE_VAL, 0};
  result.entries[0].score.low = std::nan("");
  for (const std::string& text :
       {document(to_json(result)), leaderboard_csv(result), leaderboard_terminal(result, {})}) {
    EXPECT_EQ(text.find("nan"), std::string::npos);
    EXPECT_EQ(text.find("inf"), std::string::npos);
  }
}

TEST(TerminalValue, IsShortButNeverReachesBelowZero) {
  store::MetricInfo latency;
  latency.id = "latency";
  latency.unit = "s";
  EXPECT_EQ(terminal_value({0.112, 0.110, 0.150, 8}, latency), "112 ms ±38");
  EXPECT_EQ(terminal_value({0.48, 0.40, 2.66, 8}, latency), "480 ms [400, 2660]");
}

TEST_F(LeaderboardTest, FitsNarrowTerminals) {
  const Leaderboard result = board();
  for (const size_t width : {60U, 80U, 120U, 200U}) {
    const std::string text = leaderboard_terminal(result, {{width, false}, {"vidbench report last"}});
    for (const std::string& line : split(text, '\n'))
      EXPECT_TRUE(line.starts_with("Run directory") || display_width(line) <= width) << line;
    EXPECT_NE(text.find("Next: vidbench report last"), std::string::npos);
  }
  EXPECT_NE(leaderboard_terminal(result, {{80, false}, {}}).find("Not shown for lack of width"),
            std::string::npos);
}

TEST_F(LeaderboardTest, HostileNamesDriveNoTerminalAndBreakNoTable) {
  const Leaderboard result = board({{"evil\x1b]0;x\x07|<b>,\"\n=1+1", 0.5, 0.1}, {"\xff\xfe", 0.4, 0.1}});
  const std::string terminal = leaderboard_terminal(result, {{100, false}, {}});
  EXPECT_EQ(terminal.find('\x1b'), std::string::npos);
  EXPECT_EQ(split(trim(leaderboard_csv(result)), '\n').size(), 3U);
  EXPECT_EQ(leaderboard_markdown(result).find("<b>"), std::string::npos);
  EXPECT_EQ(Json::parse(document(to_json(result)))["entries"].size(), 2U);
}

TEST_F(LeaderboardTest, UnknownRunsAndProfilesAreInputErrors) {
  (void)board({{"a"}});
  EXPECT_THROW((void)build_leaderboard(synthetic_.store(), "nope"), Error);
  EXPECT_THROW((void)build_leaderboard(synthetic_.store(), options_.run, "best"), Error);
}

}  // namespace
}  // namespace vidbench::report
