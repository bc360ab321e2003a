#include "engine/score_cache.h"

#include <gtest/gtest.h>

#include "base/files.h"
#include "store/store.h"

namespace vidbench::engine {
namespace {

using Ids = std::vector<std::string>;

class ScoreCacheTest : public ::testing::Test {
 protected:
  ScoreCacheTest() {
    metrics_[0].id = "sharp";
    metrics_[1].id = "text";
    metrics_[1].needs = {"prompt"};
    metrics_[2].id = "fvd";
    metrics_[2].is_set = true;
    metrics_[2].features = metrics_[3].features = "i3d";
    metrics_[3].id = "kvd";
    metrics_[3].is_set = true;
  }
  [[nodiscard]] static store::Measurements all() {
    return {.values = {{"sharp", 2.5}, {"text", 0.25}}, .features = {{"i3d", {1.0F, -2.0F}}}};
  }

  TemporaryDirectory folder_;
  std::unique_ptr<store::Store> store_ = store::open_store("sqlite:" + (folder_.path() / "s.db").string());
  std::vector<store::MetricInfo> metrics_ = std::vector<store::MetricInfo>(4);
  ScoreCache cache_{metrics_};
};

TEST_F(ScoreCacheTest, FindsEachMetricByItself) {
  EXPECT_EQ(cache_.find(*store_, {"v", {"p"}, ""}).lacking, (Ids{"sharp", "text", "fvd", "kvd"}));
  store_->put_scores(cache_.entries({"v", {"p"}, ""}, {"text", "fvd"}, all()));
  const auto found = cache_.find(*store_, {"v", {"p"}, ""});
  EXPECT_EQ(found.lacking, Ids{"sharp"});  // kvd shares its features with fvd
  EXPECT_EQ(found.measurements.values.at("text"), 0.25);
  EXPECT_EQ(found.measurements.features.at("i3d"), (std::vector<float>{1.0F, -2.0F}));
  EXPECT_FALSE(found.measurements.values.contains("sharp"));
}

TEST_F(ScoreCacheTest, AnotherPromptVideoOrVersionIsAnotherMeasurement) {
  store_->put_scores(cache_.entries({"v", {"p"}, ""}, {"sharp", {"text"}, "fvd"}, all()));
  EXPECT_EQ(cache_.find(*store_, {"v", {"q"}, ""}).lacking, Ids{"text"});
  EXPECT_EQ(cache_.find(*store_, {"w", {"p"}, ""}).lacking.size(), 4U);
  metrics_[0].version = 2;
  EXPECT_EQ(cache_.find(*store_, {"v", {"p"}, ""}).lacking, Ids{"sharp"});
  metrics_[2].weights_sha256 = metrics_[3].weights_sha256 = "other weights";
  EXPECT_EQ(cache_.find(*store_, {"v", {"p"}, ""}).lacking, (Ids{"sharp", {"fvd"}, "kvd"}));
}

TEST_F(ScoreCacheTest, WhatIsToldBesideThePromptIsPartOfTheQuestion) {
  metrics_[0].id = "told";
  metrics_[0].needs = {"auxiliary"};
  const store::Measurements measured{.values = {{"told", 1.0}, {"text", 0.25}}};
  const ScoreCache::Subject red{"v", {"p", {{"color", "red"}}}, ""},
      blue{"v", {"p", {{"color", "blue"}}}, ""};
  store_->put_scores(cache_.entries(red, {"told", "text"}, measured));
  EXPECT_EQ(cache_.find(*store_, red).lacking, (Ids{"fvd", "kvd"}));
  EXPECT_EQ(cache_.find(*store_, blue).lacking, (Ids{"told", "fvd", "kvd"}));
}

TEST_F(ScoreCacheTest, APairedMetricIsOneOfBothVideos) {
  metrics_ = {{.id = "psnr"}, {.id = "sharp"}};
  metrics_[0].needs = {"paired"};
  const store::Measurements measured{.values = {{"psnr", 30.0}, {"sharp", 2.5}}};
  store_->put_scores(cache_.entries({"v", {""}, "original"}, {"psnr", "sharp"}, measured));
  EXPECT_EQ(cache_.find(*store_, {"v", {""}, "original"}).measurements.values, measured.values);
  EXPECT_EQ(cache_.find(*store_, {"v", {""}, "another"}).lacking, Ids{"psnr"});
  EXPECT_EQ(cache_.find(*store_, {"original", {""}, "v"}).lacking, (Ids{"psnr", "sharp"}));
  metrics_[0].needs = {};
  EXPECT_EQ(cache_.find(*store_, {"v", {""}, "original"}).lacking, Ids{"psnr"}) << "a key of its own kind";
}

TEST_F(ScoreCacheTest, KeepsWhyAValueIsMissing) {
  store::Measurements measured;
  measured.missing["sharp"] = "1 frame; 2 are needed";
  store_->put_scores(cache_.entries({"v", {""}, ""}, {"sharp"}, measured));
  const auto found = cache_.find(*store_, {"v", {""}, ""});
  EXPECT_EQ(found.lacking, (Ids{"text", {"fvd"}, "kvd"}));
  EXPECT_EQ(found.measurements.missing.at("sharp"), "1 frame; 2 are needed");
}

}  // namespace
}  // namespace vidbench::engine
