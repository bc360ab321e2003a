#include "suites/vbench_import.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "suites/suite.h"

namespace vidbench::suites {
namespace {

// The layout of VBench_full_info.json, with prompts of our own.
Json list() {
  return Json::parse(R"([
    {"prompt_en": "a lamp on a desk, front view", "dimension": ["object_class"],
     "auxiliary_info": {"object_class": {"object": "lamp"}}},
    {"prompt_en": "a \"red\" kettle: it's # hot", "dimension": ["color"], "auxiliary_info": {"color": {"color": "red"}}},
    {"prompt_en": "waves roll in, é 海", "dimension": ["overall_consistency", "aesthetic_quality", "imaging_quality"]},
    {"prompt_en": "a lamp on a desk, front view", "dimension": ["spatial_relationship"], "prompt_cn": "x",
     "video_list": ["a.mp4"],
     "auxiliary_info": {"spatial_relationship": {"spatial_relationship":
        {"object_a": "lamp", "object_b": "desk", "relationship": "on the top of"}}}}
  ])");
}

TEST(VbenchImport, KeepsPromptsDimensionsAndAuxiliaryInformation) {
  const ImportedSuite imported =
      import_vbench(list(), "x.json", {.licence = "Apache-2.0", .metrics = {"video/flicker"}});
  EXPECT_EQ(imported.entries, 4U);
  EXPECT_EQ(imported.prompts, 3U);
  EXPECT_EQ(imported.dimensions, 6U);
  const Suite suite = parse_suite(imported.yaml, "s.yaml");
  EXPECT_EQ(suite.id, "vbench");
  EXPECT_TRUE(suite.is_public);
  EXPECT_EQ(suite.seeds, (std::vector<uint64_t>{1, 2, 3, 4, 5}));
  ASSERT_EQ(suite.prompts.size(), 3U);
  const Prompt& lamp = suite.prompts[0];
  EXPECT_EQ(lamp.category, "object_class");
  EXPECT_EQ(lamp.dimensions, (std::vector<std::string>{"object_class", "spatial_relationship"}));
  EXPECT_EQ(lamp.auxiliary["object_class"]["object"], "lamp");
  EXPECT_EQ(lamp.auxiliary["spatial_relationship"]["spatial_relationship"]["object_b"], "desk");
  EXPECT_EQ(suite.prompts[1].text, "a \"red\" kettle: it's # hot");
  EXPECT_EQ(suite.prompts[2].text, "waves roll in, é 海");
  EXPECT_EQ(suite.prompts[2].dimensions.size(), 3U);
  EXPECT_TRUE(suite.prompts[2].auxiliary.is_null());
}

TEST(VbenchImport, IsPrivateWithoutALicence) {
  EXPECT_FALSE(parse_suite(import_vbench(list(), "x.json", {}).yaml, "s.yaml").is_public);
}

TEST(VbenchImport, ErrorsNameFileAndEntry) {
  const auto refused = [](Json entry, const std::string& message) {
    Json all = list();
    all[1] = std::move(entry);
    try {
      (void)import_vbench(all, "x.json", {});
      ADD_FAILURE() << "accepted: " << all[1];
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), ErrorCode::kInput);
      EXPECT_EQ(std::string(e.what()).rfind("x.json: entry 1: ", 0), 0U) << e.what();
      EXPECT_NE((std::string(e.what()) + e.hint()).find(message), std::string::npos) << e.what() << e.hint();
    }
  };
  const Json dimension = {"color"};
  refused("text", "an object");
  refused({{"dimension", dimension}}, "'prompt_en'");
  refused({{"prompt_en", 1}, {"dimension", dimension}}, "'prompt_en'");
  refused({{"prompt_en", " "}, {"dimension", dimension}}, "'prompt_en'");
  refused({{"prompt_en", "a"}}, "'dimension'");
  refused({{"prompt_en", "a"}, {"dimension", "color"}}, "'dimension'");
  refused({{"prompt_en", "a"}, {"dimension", Json::array()}}, "'dimension'");
  refused({{"prompt_en", "a"}, {"dimension", {1}}}, "'dimension'");
  refused({{"prompt_en", "a"}, {"dimensions", dimension}}, "did you mean 'dimension'?");
  refused({{"prompt_en", "a"}, {"dimension", dimension}, {"auxiliary_info", {{"scene", 1}}}},
          "not in 'dimension'");
  refused({{"prompt_en", "a"}, {"dimension", dimension}, {"auxiliary_info", {1}}}, "must be an object");
  Json other = list()[0];
  other["auxiliary_info"]["object_class"]["object"] = "desk";
  refused(other, "something else of 'object_class'");
  for (const Json& none : {Json::array(), Json::object(), Json("x")})
    EXPECT_THROW((void)import_vbench(none, "x.json", {}), Error);
}

TEST(VbenchImport, WhatNoSuiteMayHoldIsRefused) {
  Json all = list();
  for (const std::string& text : {std::string("two\nlines"), std::string(kMaxPromptBytes + 1, 'a')}) {
    all[1]["prompt_en"] = text;
    EXPECT_THROW((void)import_vbench(all, "x.json", {}), Error);
  }
  all = list();
  all[1]["dimension"] = {"a b"};
  all[1].erase("auxiliary_info");
  EXPECT_THROW((void)import_vbench(all, "x.json", {}), Error);
}

// The new fields are part of what determines numbers, and a suite without them keeps its digest.
TEST(SuiteFields, DimensionsAndAuxiliaryAreRead) {
  const std::string head = "id: a\nversion: 1\ntitle: t\nseeds: [1]\nmetrics: [m]\nprompts:\n  - {text: a";
  const Suite plain = parse_suite(head + "}", "x.yaml");
  const Suite asked = parse_suite(head + ", dimensions: [d], auxiliary: {k: 1}}", "x.yaml");
  EXPECT_EQ(plain.prompts[0].dimensions.size(), 0U);
  EXPECT_FALSE(definition(plain)["prompts"][0].contains("dimensions"));
  EXPECT_FALSE(definition(plain)["prompts"][0].contains("auxiliary"));
  EXPECT_EQ(asked.prompts[0].auxiliary, Json({{"k", 1}}));
  EXPECT_NE(plain.digest, asked.digest);
  EXPECT_NE(asked.digest, parse_suite(head + ", dimensions: [d], auxiliary: {k: 2}}", "x.yaml").digest);
  for (const char* wrong : {"dimensions: d", "dimensions: [a b]", "dimensions: [d, d]", "dimensions: [{}]",
                            "auxiliary: [1]", "auxiliary: x", "auxiliary: {}"})
    EXPECT_THROW((void)parse_suite(head + ", " + wrong + "}", "x.yaml"), Error) << wrong;
  EXPECT_THROW(
      (void)parse_suite(head + ", auxiliary: {k: " + std::string(kMaxAuxiliaryBytes, 'a') + "}}", "x.yaml"),
      Error);
}

}  // namespace
}  // namespace vidbench::suites
