#include "report/video_scores.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/random.h"
#include "report/set_statistic.h"

namespace vidbench::report {
namespace {

store::MetricInfo sharpness() {
  return {.id = "sharpness", .unit = "levels", .higher_is_better = true, .reducer = "mean"};
}

store::MetricInfo distance() {
  store::MetricInfo metric{.id = "distance", .higher_is_better = false, .is_set = true};
  metric.reducer = "frechet";
  metric.features = "f";
  metric.needs = {"reference"};
  metric.minimum = 0.0;
  return metric;
}

store::VideoMeasurements video(const std::string& file, double value, float x) {
  return {.file = file,
          .measurements = store::Measurements{.values = {{"sharpness", value}}, .features = {{"f", {x}}}}};
}

// Three videos, one that has no value and one that is damaged.
std::vector<store::VideoMeasurements> videos() {
  std::vector<store::VideoMeasurements> all = {video("a.mp4", 1, 0), video("b.mp4", 2, 1),
                                               video("c.mp4", 6, 2)};
  all.push_back(
      {.file = "short.mp4", .measurements = store::Measurements{.missing = {{"sharpness", "1 frame"}}}});
  all.push_back({.file = "bad.mp4", .failure = store::Failure{"bad-output", "no video in it", ""}});
  return all;
}

VideoScores scores() {
  VideoScores result;
  result.videos = videos();
  result.reference = {video("r.mp4", 0, 3), video("s.mp4", 0, 5)};
  result.metrics = score_metrics({sharpness(), distance()}, result.videos,
                                 {{"f", {.rows = 2, .dim = 1, .data = {3.0F, 5.0F}}}});
  return result;
}

TEST(VideoScoresTest, AveragesTheVideosThatHaveAValue) {
  const MetricScore score = scores().metrics.at(0);
  ASSERT_TRUE(score.interval);
  EXPECT_DOUBLE_EQ(score.interval->value, 3.0);
  EXPECT_EQ(score.interval->n, 3);
  EXPECT_LT(score.interval->low, 3.0);
  EXPECT_GT(score.interval->high, 3.0);
}

TEST(VideoScoresTest, ReducesFeaturesAgainstTheReference) {
  // One dimension: (mean difference)² + (difference of the standard deviations)², unbiased: 3² + (1 − √2)².
  const MetricScore score = scores().metrics.at(1);
  ASSERT_TRUE(score.interval);
  EXPECT_NEAR(score.interval->value, 9 + (1 - std::sqrt(2.0)) * (1 - std::sqrt(2.0)), 1e-6);
}

TEST(VideoScoresTest, RowsOfOneVideoAreRedrawnTogether) {
  store::MetricInfo metric = distance();
  metric.row_size = 1;
  // Videos of one, two and three rows; the statistic is one of all six.
  std::vector<store::VideoMeasurements> rows(3);
  rows[0].measurements = {.features = {{"f", {1}}}};
  rows[1].measurements = {.features = {{"f", {2, 4}}}};
  rows[2].measurements = {.features = {{"f", {3, 5, 9}}}};
  std::vector<store::VideoMeasurements> flat(6);
  const std::vector<float> values = {1, 2, 4, 3, 5, 9};
  for (size_t i = 0; i < 6; ++i) flat[i].measurements = {.features = {{"f", {values[i]}}}};
  const std::map<std::string, store::ReferenceFeatures> reference = {
      {"f", {.rows = 2, .dim = 1, .data = {3.0F, 5.0F}}}};
  const auto of = [&](const auto& videos) { return score_metrics({metric}, videos, reference).at(0); };
  EXPECT_DOUBLE_EQ(of(rows).interval.value().value, of(flat).interval.value().value);
  EXPECT_EQ(of(rows).interval->n, 3);
  // Videos of the same rows: whichever are drawn, the set is the same one.
  for (auto& video : rows) video.measurements = {.features = {{"f", values}}};
  const auto alike = of(rows).interval.value();
  EXPECT_NEAR(alike.low, alike.value, 1e-9);
  EXPECT_NEAR(alike.high, alike.value, 1e-9);
  EXPECT_GT(of(flat).interval->high, of(flat).interval->value);
  rows[1].measurements = {.features = {{"f", {1, 2}}}};
  metric.row_size = 4;
  EXPECT_THROW((void)score_metrics({metric}, rows, reference), Error);
}

TEST(VideoScoresTest, ALargeSetIsRedrawnToFirstOrder) {
  constexpr int64_t kWidth = 520;
  Random random(1);
  const auto draw = [&](size_t count, double shift) {
    std::vector<float> values(count);
    for (float& value : values) value = static_cast<float>(random.normal() + shift);
    return values;
  };
  store::MetricInfo metric = distance();
  metric.row_size = kWidth;
  std::vector<std::vector<float>> vectors;
  for (size_t i = 0; i < 70; ++i) vectors.push_back(draw(8 * kWidth, 0.05 * static_cast<double>(i % 5)));
  std::vector<const std::vector<float>*> videos;
  for (const auto& vector : vectors) videos.push_back(&vector);
  const store::ReferenceFeatures reference{.rows = 600, .dim = kWidth, .data = draw(600 * kWidth, 0)};
  const SetStatistic statistic = set_statistic(metric, videos, &reference);
  Eigen::VectorXd weights = Eigen::VectorXd::Ones(70);
  const double value = statistic.evaluate(weights);
  EXPECT_NEAR(statistic.redraw(weights), value, 1e-6 * value);
  // The slope along the weight of one video's eight rows.
  weights[4] = 1.001;
  const double slope = statistic.evaluate(weights) - value;
  EXPECT_GT(std::abs(slope), 1e-6);
  EXPECT_NEAR(statistic.redraw(weights) - value, slope, 0.05 * std::abs(slope));
  weights[4] = 2;
  EXPECT_NE(statistic.redraw(weights), statistic.evaluate(weights));
}

TEST(VideoScoresTest, SaysWhyAMetricHasNoNumber) {
  const auto none = score_metrics({sharpness(), distance()}, {videos()[3], videos()[4]}, {});
  EXPECT_EQ(none.at(0).missing, "1 frame");
  EXPECT_EQ(none.at(1).missing, "0 videos have it, 2 are needed");
  EXPECT_EQ(score_metrics({distance()}, videos(), {}).at(0).missing, "fewer than 2 reference videos have it");
}

TEST(VideoScoresTest, TheDocumentCountsAndNamesWhatFailed) {
  const Json json = to_json(scores());
  EXPECT_EQ(json["schema"], "vidbench.score/1");
  EXPECT_EQ(json["coverage"], (Json{{"found", 5}, {"scored", 4}, {"failed", 1}}));
  EXPECT_EQ(json["reference"]["found"], 2);
  EXPECT_EQ(json["metrics"]["sharpness"]["value"], 3.0);
  EXPECT_EQ(json["metrics"]["distance"]["better"], "lower");
  EXPECT_EQ(json["videos"][3]["missing"]["sharpness"], "1 frame");
  EXPECT_EQ(json["videos"][4]["error"], "no video in it");
}

TEST(VideoScoresTest, TablesHoldOneRowAMetricOrAVideo) {
  VideoScores all = scores();
  const Table metrics = metrics_table(all);
  EXPECT_EQ(metrics.rows.size(), 2U);
  EXPECT_EQ(metrics.columns.back().header, "better");  // no notes: nothing is missing
  all.metrics.at(1).interval.reset();
  all.metrics.at(1).missing = "why";
  const Table noted = metrics_table(all);
  EXPECT_EQ(noted.columns.back().header, "note");
  EXPECT_EQ(noted.rows.at(1).back().text, "why");
  const Table table = videos_table(all);
  ASSERT_EQ(table.columns.size(), 3U);  // file, sharpness, error: a set metric has no value a video
  EXPECT_EQ(table.rows.at(2).at(1).text, "6");
  EXPECT_EQ(table.rows.at(3).at(1).text, "");
  EXPECT_EQ(table.rows.at(4).at(2).text, "no video in it");
}

}  // namespace
}  // namespace vidbench::report
