#include "bundle/index.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace vidbench::bundle {
namespace {

Index an_index() {
  Index index;
  index.vidbench = "0.1.0";
  index.run = "r1";
  index.suite_digest = "d";
  index.videos = "all";
  index.models = Json::array();
  index.files = {{"manifest.json", std::string(64, 'a'), 3}, {"results.jsonl", std::string(64, 'b'), 4}};
  return index;
}

TEST(BundleIndex, SurvivesJson) {
  const Index index = an_index();
  const Index back = parse_index(document(to_json(index)), "x");
  EXPECT_EQ(to_json(back), to_json(index));
  EXPECT_EQ(back.total_bytes(), 7U);
}

TEST(BundleIndex, TheDigestIsOfNamesSizesAndContents) {
  const std::string digest = an_index().digest();
  Index changed = an_index();
  changed.vidbench = "9";
  EXPECT_EQ(changed.digest(), digest);
  changed.files[0].bytes = 5;
  EXPECT_NE(changed.digest(), digest);
}

TEST(BundleIndex, NamesLeadNowhereElse) {
  for (const char* name : {"manifest.json", "results.jsonl", "videos/s000012.npy", "previews/index.json",
                           "references/0.f32", "logs/a%20b+steps@x-1.log"})
    EXPECT_TRUE(is_allowed_name(name)) << name;
  for (const char* name :
       {"",          "/",           ".",           "..",           "videos",    "videos/",
        "videos/.",  "videos/..",   "videos/../x", "videos/a/b",   "/videos/a", "./videos/a",
        "videos//a", "videos/a\\b", "videos/a b",  "videos/a\n",   "videos/ä",  "bundle.json",
        "lock",      "videos/-rf",  "other/a",     "MANIFEST.JSON"})
    EXPECT_FALSE(is_allowed_name(name)) << name;
  EXPECT_FALSE(is_allowed_name("videos/" + std::string(201, 'a')));
  EXPECT_FALSE(is_allowed_name(std::string("videos/a\0b", 10)));
}

TEST(BundleIndex, PromptsArePrivateUnlessTheSuiteIsPublic) {
  const Json prompts = {{"x", "text"}};
  EXPECT_TRUE(has_private_prompts({{"prompts", prompts}}));
  EXPECT_TRUE(has_private_prompts({{"prompts", prompts}, {"suite", {{"public", false}}}}));
  EXPECT_TRUE(has_private_prompts({{"prompts", prompts}, {"suite", {{"public", "true"}}}}));
  EXPECT_FALSE(has_private_prompts({{"prompts", prompts}, {"suite", {{"public", true}}}}));
  EXPECT_FALSE(has_private_prompts({{"suite", {{"public", false}}}}));
}

}  // namespace
}  // namespace vidbench::bundle
