#include "cli/choices.h"

#include <gtest/gtest.h>

namespace vidbench::cli {
namespace {

registry::Model model(const std::string& id, const std::string& task, bool runs) {
  registry::Model result;
  result.id = id;
  result.card.title = "Title of " + id;
  result.card.tasks = {task};
  result.deployment.runner = "worker";
  if (!runs) result.missing = {"its weights"};
  return result;
}

std::vector<std::string> ids(const Choices& choices, std::string_view query, size_t filter) {
  std::vector<std::string> result;
  for (const auto& row : choices.rows(query, filter)) {
    EXPECT_EQ(row.cells.size(), choices.columns().size());
    result.push_back(row.id);
  }
  return result;
}

using Ids = std::vector<std::string>;

TEST(ModelChoices, SearchAndFilter) {
  const std::vector<registry::Model> models = {model("hunyuan-video", "text-to-video", false),
                                               model("wan-small", "text-to-video", true),
                                               model("wan-image", "image-to-video", true)};
  const ModelChoices choices(models);
  EXPECT_EQ(choices.filters().front(), "runs here");
  EXPECT_EQ(ids(choices, "", 0), (Ids{"wan-small", "wan-image"}));
  EXPECT_EQ(ids(choices, "", 1), (Ids{"hunyuan-video", "wan-small", "wan-image"}));
  EXPECT_EQ(ids(choices, "  ", 3), Ids{"wan-image"});
  EXPECT_EQ(ids(choices, "hyvid", 1), Ids{"hunyuan-video"});
  EXPECT_EQ(ids(choices, "image", 1), Ids{"wan-image"});
  EXPECT_TRUE(ids(choices, "zzz", 1).empty());
  EXPECT_NE(choices.rows("hunyuan", 1).front().detail.find("its weights"), std::string::npos);
}

TEST(ModelChoices, WhatGeneratesNothingComesLast) {
  std::vector<registry::Model> models = {model("null", "text-to-video", true),
                                         model("wan-small", "text-to-video", true)};
  models[0].deployment.runner = "null";
  EXPECT_EQ(ids(ModelChoices(models), "", 0), (Ids{"wan-small", "null"}));
}

TEST(SuiteChoices, NamesTitlesAndFiles) {
  const SuiteChoices choices({{"quick", 1, "A first run", 8, ""}, {"standard", 1, "The usual", 126, ""}});
  EXPECT_EQ(ids(choices, "", 0), (Ids{"quick", "standard"}));
  EXPECT_EQ(ids(choices, "FIRST", 0), Ids{"quick"});
  const std::string file = VIDBENCH_SOURCE_DIR "/suites/quickstart.yaml";
  EXPECT_EQ(ids(choices, file, 0), Ids{file});
  EXPECT_TRUE(ids(choices, VIDBENCH_SOURCE_DIR, 0).empty()) << "a folder is no suite";
}

}  // namespace
}  // namespace vidbench::cli
