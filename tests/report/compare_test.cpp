#include "report/compare.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/strings.h"
#include "report/format.h"
#include "synthetic_run.h"

namespace vidbench::report {
namespace {

class CompareTest : public ::testing::Test {
 protected:
  void add(const std::string& run, std::vector<SyntheticModel> models, const std::string& digest = "",
           int version = 1) {
    SyntheticOptions options;
    options.run = run;
    options.models = std::move(models);
    if (!digest.empty()) options.suite_digest = digest;
    options.frechet_version = version;
    synthetic_.add(options);
  }
  std::string message(const std::string& a, const std::string& b) {
    try {
      (void)compare(synthetic_.store(), a, b);
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), ErrorCode::kInput);
      return e.what();
    }
    return "";
  }
  const MetricComparison& row(const PairComparison& pair, const std::string& metric) {
    for (const MetricComparison& item : pair.metrics)
      if (item.metric.id == metric) return item;
    throw std::runtime_error(metric);
  }
  SyntheticStore synthetic_;
};

TEST_F(CompareTest, FindsTheBetterModel) {
  add("r1", {{"weak", 0.2, 0.3}, {"strong", 0.9, 0.1, 4e8, 1}});
  const Comparison result = compare(synthetic_.store(), "r1:weak", "r1:strong");
  ASSERT_EQ(result.pairs.size(), 1U);
  const PairComparison& pair = result.pairs[0];
  EXPECT_EQ(pair.pairs, 23U);
  EXPECT_EQ(pair.unmatched_a, 1U);
  EXPECT_EQ(row(pair, "latency").difference.n, 7U) << "videos generated alone by both";
  EXPECT_EQ(pair.metrics.size(), 12U);
  for (const char* metric : {"latency", "shapes/frechet", "shapes/kernel", "shapes/text-alignment"}) {
    EXPECT_EQ(row(pair, metric).verdict, Verdict::kBetter) << metric;
    EXPECT_GE(row(pair, metric).p_adjusted, row(pair, metric).p_value);
  }
  EXPECT_LT(row(pair, "latency").difference.high, 0);
  const Comparison reverse = compare(synthetic_.store(), "r1:strong", "r1:weak");
  EXPECT_EQ(row(reverse.pairs[0], "shapes/frechet").verdict, Verdict::kWorse);
  EXPECT_NEAR(row(reverse.pairs[0], "shapes/flicker").difference.value,
              -row(pair, "shapes/flicker").difference.value, 1e-12);
}

TEST_F(CompareTest, AModelDoesNotDifferFromItself) {
  add("r1", {{"m", 0.6, 0.1}});
  add("r2", {{"m", 0.6, 0.1}});
  const Comparison comparison = compare(synthetic_.store(), "r1", "r2");
  for (const MetricComparison& item : comparison.pairs.at(0).metrics) {
    EXPECT_EQ(item.verdict, Verdict::kNoDifference) << item.metric.id;
    EXPECT_NEAR(item.difference.value, 0, 1e-9);
  }
}

TEST_F(CompareTest, ComparesEveryCommonModelOfTwoRuns) {
  add("r1", {{"a", 0.6}, {"b", 0.6}, {"c", 0.6}});
  add("r2", {{"b", 0.6}, {"a", 0.6}});
  EXPECT_EQ(compare(synthetic_.store(), "r1", "r2").pairs.size(), 2U);
}

TEST_F(CompareTest, RefusesDifferentDefinitions) {
  add("r1", {{"m"}});
  add("r2", {{"m"}}, "another-digest");
  add("r3", {{"m"}}, "", 2);
  EXPECT_NE(message("r1", "r2").find("measured suite"), std::string::npos);
  EXPECT_NE(message("r1", "r3").find("shapes/frechet is version 1"), std::string::npos);
  EXPECT_NE(message("r1:nope", "r1:m").find("no model 'nope'"), std::string::npos);
}

TEST_F(CompareTest, FormatsAgree) {
  add("r1", {{"weak", 0.2, 0.3}, {"strong", 0.9, 0.1}});
  const Comparison result = compare(synthetic_.store(), "r1:weak", "r1:strong");
  const Json json = Json::parse(document(to_json(result)));
  EXPECT_EQ(json["schema"], "vidbench.compare/1");
  const auto lines = split(trim(comparison_csv(result)), '\n');
  ASSERT_EQ(lines.size(), 13U);
  const std::string table = comparison_terminal(result, {120, false});
  for (size_t i = 1; i < lines.size(); ++i) {
    const auto fields = split(lines[i], ',');
    ASSERT_EQ(fields.size(), 16U);
    const Json& metric = json["pairs"][0]["metrics"][fields[4]];
    EXPECT_EQ(std::stod(fields[9]), metric["difference"].get<double>());
    EXPECT_EQ(fields[15], metric["verdict"]);
    EXPECT_NE(table.find(format_value(metric["a"], metric["unit"].get<std::string>())), std::string::npos);
  }
  EXPECT_NE(comparison_markdown(result).find("| metric | A | B |"), std::string::npos);
}

}  // namespace
}  // namespace vidbench::report
