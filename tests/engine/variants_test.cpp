#include "engine/variants.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "engine/plan.h"
#include "null_model.h"

namespace vidbench::engine {
namespace {

suites::Suite suite() {
  suites::Suite result;
  result.id = "s";
  result.is_public = true;
  result.prompts.push_back({"s/0", "prompt", "", ""});
  result.seeds = {1};
  result.settings.frames = 16;
  return result;
}

std::vector<std::string> ids(const SettingsGrid& grid) {
  std::vector<std::string> result;
  for (const auto& one : variants({model("a"), model("b")}, suite(), grid)) result.push_back(one.id);
  return result;
}

using Ids = std::vector<std::string>;

TEST(Variants, ListsMultiplyAndIdsTellWhatVaries) {
  EXPECT_EQ(ids({}), (Ids{"a", "b"}));
  EXPECT_EQ(ids({{"steps", {4, 8}}}), (Ids{"a:steps=4", "a:steps=8", "b:steps=4", "b:steps=8"}));
  EXPECT_EQ(ids({{"steps", {4, 8}}, {"guidance", {1, 2.5}}}).at(1), "a:steps=4,guidance=2.5");
}

TEST(Variants, WhatSuiteAndModelWouldDoAnywayIsNotTold) {
  EXPECT_EQ(ids({{"steps", {8}}, {"frames", {16}}}), (Ids{"a", "b"}));
  EXPECT_EQ(ids({{"steps", {8}}, {"frames", {17}}}), (Ids{"a:frames=17", "b:frames=17"}));
}

TEST(Variants, TheUserComesBeforeTheSuite) {
  const auto asked = variants({model("a")}, suite(), {{"frames", {17}}});
  EXPECT_EQ(effective_settings(suite(), asked[0]).at("frames"), 17);
  EXPECT_EQ(effective_settings(suite(), model("a")).at("frames"), 16);
  const Plan plan = make_plan(suite(), asked, {});
  EXPECT_EQ(plan.requests[0].frames, 17);
  EXPECT_EQ(plan.model_digests, make_plan(suite(), {model("a")}, {}).model_digests);
  EXPECT_NE(plan.samples[0].key, make_plan(suite(), {model("a")}, {}).samples[0].key);
}

TEST(Variants, MistakesAreRefused) {
  for (const SettingsGrid& grid :
       {SettingsGrid{{"steps", {4, 4}}}, SettingsGrid{{"steps", {4.5}}}, SettingsGrid{{"steps", {0}}},
        SettingsGrid{{"guidance", {-1}}}, SettingsGrid{{"colour", {1}}}})
    EXPECT_THROW((void)combinations(grid), Error);
}

}  // namespace
}  // namespace vidbench::engine
