#include "report/vbench.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/files.h"
#include "base/strings.h"

namespace vidbench::report {
namespace {

const VbenchSuite& kVbench = vbench_suite("vbench");

struct PublishedRow {
  std::string model;
  Json values = Json::object();  // per cent
  double quality = 0, semantic = 0, total = 0;
};

std::vector<PublishedRow> published_rows() {
  std::vector<PublishedRow> rows;
  std::vector<std::string> header;
  for (const std::string& line :
       split(read_file(VIDBENCH_SOURCE_DIR "/tests/report/vbench_rows.csv"), '\n')) {
    if (line.empty() || line.front() == '#') continue;
    const auto fields = split(line, ',');
    if (header.empty()) {
      header = fields;
      continue;
    }
    PublishedRow row{fields.at(0), Json::object()};
    for (size_t i = 1; i + 3 < fields.size(); ++i) row.values[header.at(i)] = std::stod(fields[i]);
    row.quality = std::stod(fields.at(17));
    row.semantic = std::stod(fields.at(18));
    row.total = std::stod(fields.at(19));
    rows.push_back(row);
  }
  return rows;
}

VbenchScores scores_of(const Json& document, bool percent = false, VbenchMode mode = VbenchMode::kFaithful,
                       const VbenchSuite& suite = kVbench) {
  VbenchValues values;
  add_vbench_values(document, "x.json", suite, percent, values);
  return vbench_scores(suite, mode, values);
}

TEST(Vbench, GivesThePublishedScores) {
  const auto rows = published_rows();
  ASSERT_EQ(rows.size(), 8U);
  for (const PublishedRow& row : rows) {
    ASSERT_EQ(row.values.size(), 16U) << row.model;
    for (const VbenchMode mode : {VbenchMode::kFaithful, VbenchMode::kCorrected}) {
      const VbenchScores scores = scores_of(row.values, true, mode);
      ASSERT_TRUE(scores.total) << row.model;
      EXPECT_NEAR(100 * scores.groups[0].value.value(), row.quality, 0.02) << row.model;
      EXPECT_NEAR(100 * scores.groups[1].value.value(), row.semantic, 0.02) << row.model;
      EXPECT_NEAR(100 * *scores.total, row.total, 0.02) << row.model;
    }
  }
}

TEST(Vbench, AMissingDimensionIsNeverZero) {
  Json values = published_rows().front().values;
  const VbenchScores whole = scores_of(values, true);
  values.erase("temporal flickering");
  const VbenchScores scores = scores_of(values, true);
  EXPECT_FALSE(scores.total);
  EXPECT_FALSE(scores.groups[0].value);
  // The mean over those that are there: what is missing had weight 1 of 6.5.
  const double flickering = (0.9944 - 0.6293) / (1 - 0.6293);
  EXPECT_NEAR(scores.groups[0].partial.value(), (*whole.groups[0].value * 6.5 - flickering) / 5.5, 1e-12);
  EXPECT_EQ(scores.groups[0].present, 6U);
  EXPECT_DOUBLE_EQ(scores.groups[0].weight_present, 5.5);
  EXPECT_EQ(scores.groups[1].value, whole.groups[1].value);
  EXPECT_EQ(missing_dimensions(scores), std::vector<std::string>{"temporal flickering"});
  const VbenchScores none = scores_of(Json::object());
  EXPECT_FALSE(none.total || none.groups[0].value || none.groups[0].partial);
}

TEST(Vbench, CorrectedLimitsWhatLeavesTheRange) {
  const Json values = {{"motion_smoothness", 0.999}, {"subject_consistency", 0.1}, {"color", 0.5}};
  const VbenchScores faithful = scores_of(values),
                     corrected = scores_of(values, false, VbenchMode::kCorrected);
  const auto& of = [](const VbenchScores& scores, const std::string& name) -> const VbenchDimensionScore& {
    for (const auto& one : scores.dimensions)
      if (one.dimension.name == name) return one;
    throw Error(ErrorCode::kInternal, name);
  };
  EXPECT_NEAR(of(faithful, "motion smoothness").normalised.value(), (0.999 - 0.706) / (0.9975 - 0.706),
              1e-12);
  EXPECT_GT(of(faithful, "motion smoothness").normalised.value(), 1);
  EXPECT_LT(of(faithful, "subject consistency").normalised.value(), 0);
  EXPECT_EQ(of(corrected, "motion smoothness").normalised, 1);
  EXPECT_EQ(of(corrected, "subject consistency").normalised, 0);
  EXPECT_TRUE(of(corrected, "motion smoothness").outside && of(faithful, "subject consistency").outside);
  EXPECT_FALSE(of(faithful, "color").outside);
}

// The values of a document of `vidbench score`.
Json scored(const std::map<std::string, double>& metrics) {
  Json document = {{"schema", "vidbench.score/1"}, {"metrics", {{"video/flicker", {{"value", 0.9}}}}}};
  for (const auto& [id, value] : metrics) document["metrics"][id] = {{"value", value}, {"n", 3}};
  return document;
}

// What to_json() tells of a dimension: its raw value, and which variant it is.
Json shown(const VbenchScores& scores, const std::string& name) {
  const Json document = to_json(scores);
  for (const Json& one : document["dimensions"])
    if (one["dimension"] == name) return {one["raw"], one["variant"]};
  return nullptr;
}

TEST(Vbench, CorrectedTakesCorrectedValuesWhereThereAreAny) {
  const Json document = scored({{"vbench/color", 0.5},
                                {"vbench-corrected/color", 0.25},
                                {"vbench-corrected/scene", 0.75},
                                {"vbench/dynamic-degree", 1},
                                {"vbench-corrected/other", 0.5}});
  const VbenchScores faithful = scores_of(document),
                     corrected = scores_of(document, false, VbenchMode::kCorrected);
  EXPECT_EQ(shown(faithful, "color"), Json({0.5, "faithful"}));
  EXPECT_EQ(shown(faithful, "scene"), Json({nullptr, nullptr})) << "there is none of VBench's own";
  EXPECT_EQ(shown(faithful, "dynamic degree"), Json({1.0, "faithful"}));
  EXPECT_EQ(shown(corrected, "color"), Json({0.25, "corrected"}));
  EXPECT_EQ(shown(corrected, "scene"), Json({0.75, "corrected"}));
  EXPECT_EQ(shown(corrected, "dynamic degree"), Json({1.0, "faithful"}));
  EXPECT_EQ(missing_dimensions(faithful).size(), 14U);
  EXPECT_EQ(missing_dimensions(corrected).size(), 13U);
}

TEST(Vbench, TheTableTellsWhichValuesAreCorrected) {
  const auto notes = [](const VbenchScores& scores) {
    std::map<std::string, std::string> result;
    for (const auto& row : vbench_table(scores).rows) result[row.front().text] = row.back().text;
    return result;
  };
  const Json document = scored({{"vbench/color", 0.5},
                                {"vbench-corrected/color", 0.25},
                                {"vbench-corrected/scene", 0.9},
                                {"vbench/human-action", 1}});
  auto corrected = notes(scores_of(document, false, VbenchMode::kCorrected));
  EXPECT_EQ(corrected["color"], "corrected value");
  EXPECT_EQ(corrected["scene"], "corrected value, outside 0..1");
  EXPECT_EQ(corrected["human action"], "");
  EXPECT_EQ(corrected["object class"], "missing");
  EXPECT_EQ(notes(scores_of(document))["color"], "");
}

TEST(Vbench, TakesTheVariantsFromSeveralFiles) {
  VbenchValues values;
  add_vbench_values(scored({{"vbench/color", 0.5}}), "a.json", kVbench, false, values);
  add_vbench_values(scored({{"vbench-corrected/color", 0.25}}), "b.json", kVbench, false, values);
  EXPECT_EQ(values, (VbenchValues{{"color", {0.5, 0.25}}}));
  for (const Json& again : {scored({{"vbench-corrected/color", 0.25}}), Json{{"color", 0.5}}})
    EXPECT_THROW(add_vbench_values(again, "c.json", kVbench, false, values), Error) << again;
}

TEST(Vbench, ReadsVbenchsOwnFilesInEverySpelling) {
  const Json own = {{"subject_consistency", {0.9, {{{"video_path", "a.mp4"}, {"video_results", 0.9}}}}},
                    {"Background Consistency", 0.8},
                    {"human-action", {0.7}}};
  VbenchValues values;
  add_vbench_values(own, "x.json", kVbench, false, values);
  EXPECT_EQ(values, (VbenchValues{{"subject consistency", {0.9, {}}},
                                  {"background consistency", {0.8, {}}},
                                  {"human action", {0.7, {}}}}));
}

TEST(Vbench, RefusesWhatItCannotTrust) {
  const auto refused = [](const Json& document, const std::string& message, bool percent = false) {
    try {
      (void)scores_of(document, percent);
      ADD_FAILURE() << "accepted: " << document;
    } catch (const Error& e) {
      EXPECT_EQ(std::string(e.what()).rfind("x.json: ", 0), 0U) << e.what();
      EXPECT_NE((std::string(e.what()) + e.hint()).find(message), std::string::npos) << e.what() << e.hint();
    }
  };
  refused(Json::array(), "an object");
  refused({{"subject_consistancy", 0.5}}, "did you mean 'subject consistency'?");
  refused({{"i2v_subject", 0.5}}, "not a dimension of vbench");
  refused({{"scene", "0.5"}}, "must be a number");
  refused({{"scene", Json::array()}}, "must be a number");
  refused({{"scene", nullptr}}, "must be a number");
  refused({{"scene", 53.88}}, "--percent");
  refused({{"scene", -323}}, "cannot be a fraction");
  refused({{"scene", 5388}}, "cannot be a fraction", true);
  refused({{"human_action", 0.5}, {"human action", 0.5}}, "stands twice");
}

TEST(VbenchI2v, WeighsItsTwoGroupsAlike) {
  const VbenchSuite& suite = vbench_suite("vbench-i2v");
  const Json values = {{"camera_motion", 0.5},          {"i2v_subject", 1.0},
                       {"i2v_background", 1.0},         {"subject_consistency", 1.0},
                       {"background_consistency", 1.0}, {"motion_smoothness", 0.9975},
                       {"dynamic_degree", 0.0},         {"aesthetic_quality", 1.0},
                       {"imaging_quality", 1.0}};
  const VbenchScores scores = scores_of(values, false, VbenchMode::kFaithful, suite);
  EXPECT_NEAR(scores.groups[0].value.value(), (0.05 + 1 + 1) / 2.1, 1e-12);
  EXPECT_NEAR(scores.groups[1].value.value(), 5 / 5.5, 1e-12);
  EXPECT_NEAR(scores.total.value(), (2.05 / 2.1 + 5 / 5.5) / 2, 1e-12);
}

TEST(Vbench2, IsTheMeanOfItsFiveGroups) {
  const VbenchSuite& suite = vbench_suite("vbench-2.0");
  Json values;
  size_t dimensions = 0;
  for (const auto& group : suite.groups)
    for (const auto& dimension : group.dimensions) {
      values[dimension.name] = group.name == "controllability" ? 0.0 : 1.0;
      ++dimensions;
    }
  EXPECT_EQ(dimensions, 18U);
  EXPECT_NEAR(scores_of(values, false, VbenchMode::kFaithful, suite).total.value(), 0.8, 1e-12);
  values.erase("multi-view consistency");
  values["Multi-View_Consistency"] = 0.0;
  EXPECT_NEAR(scores_of(values, false, VbenchMode::kFaithful, suite).total.value(), 0.75, 1e-12);
}

}  // namespace
}  // namespace vidbench::report
