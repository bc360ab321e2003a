#include "registry/select.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "registry/catalogue_file.h"

namespace vidbench::registry {
namespace {

const std::vector<Model>& models() {
  static const std::vector<Model> kModels = parse_catalogue(R"(models:
  - {id: wan2.1-t2v-14b, family: wan, organisation: Alibaba, tasks: [text-to-video], access: weights,
     licence: Apache-2.0, parameters_b: 14, min_vram_gb: 80, paper: "arXiv:2503.20314", runner: "null"}
  - {id: wan2.1-t2v-1.3b, family: wan, organisation: Alibaba, tasks: [text-to-video], access: weights,
     licence: Apache-2.0 (repository), parameters_b: 1.3, min_vram_gb: 8.2, runner: "null"}
  - {id: hunyuan-video, title: HunyuanVideo, family: hunyuan-video, tasks: [text-to-video, image-to-video],
     access: weights, licence: CC-BY-NC-4.0, runner: replay, settings: {path: nowhere}}
  - {id: secret, family: wanderer, tasks: [image-to-video], access: paper}
)",
                                                            "toy.yaml", "/root-folder");
  return kModels;
}

std::vector<std::string> passing(const Filter& filter) {
  std::vector<std::string> ids;
  for (const Model& model : models())
    if (passes(model, filter)) ids.push_back(model.id);
  return ids;
}

std::vector<std::string> found(const std::string& query) {
  std::vector<std::string> ids;
  for (const Model* model : search(models(), query)) ids.push_back(model->id);
  return ids;
}

using Ids = std::vector<std::string>;

TEST(Filter, EveryPartHolds) {
  EXPECT_EQ(passing({}).size(), 4u);
  EXPECT_EQ(passing({.tasks = {"image"}}), (Ids{"hunyuan-video", "secret"}));
  EXPECT_EQ(passing({.licences = {"apache-2.0"}}), (Ids{"wan2.1-t2v-14b", "wan2.1-t2v-1.3b"}));
  EXPECT_EQ(passing({.families = {"WAN", "wanderer"}}), (Ids{"wan2.1-t2v-14b", "wan2.1-t2v-1.3b", "secret"}));
  EXPECT_EQ(passing({.accesses = {"paper"}}), Ids{"secret"});
  EXPECT_EQ(passing({.runners = {"replay"}}), Ids{"hunyuan-video"});
  EXPECT_EQ(passing({.tasks = {"image"}, .accesses = {"weights"}}), Ids{"hunyuan-video"});
}

TEST(Filter, TakesTheShortNamesOfTasks) {
  EXPECT_EQ(passing({.tasks = {"t2v"}}), (Ids{"wan2.1-t2v-14b", "wan2.1-t2v-1.3b", "hunyuan-video"}));
  EXPECT_EQ(passing({.tasks = {"I2V"}}), (Ids{"hunyuan-video", "secret"}));
}

std::string refused(const Filter& filter) {
  try {
    refuse_unknown_words(models(), filter);
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::kInput);
    return fmt::format("{} — {}", e.what(), e.hint());
  }
  return "";
}

TEST(Filter, RefusesWordsThatNoModelHas) {
  EXPECT_EQ(refused({.families = {"wam"}}),
            "no model of the catalogue has the family 'wam' — did you mean 'wan'?");
  EXPECT_EQ(refused({.accesses = {"weights", "gift"}}),
            "no model of the catalogue has the access 'gift' — one of: paper, weights");
  EXPECT_NE(refused({.tasks = {"t3d"}}), "");
  EXPECT_NE(refused({.licences = {"apache-3"}}), "");
  EXPECT_NE(refused({.runners = {"diffusers"}}), "");
  EXPECT_NE(refused({.organisations = {"nobody at all"}}), "");
  EXPECT_EQ(refused({.tasks = {"t2v", "image"},
                     .licences = {"APACHE"},
                     .families = {"Wan"},
                     .accesses = {"paper"},
                     .runners = {"replay"},
                     .organisations = {"alibaba"}}),
            "");
}

TEST(Filter, AnUnknownNumberDoesNotPassALimit) {
  EXPECT_EQ(passing({.max_vram_gb = 24}), Ids{"wan2.1-t2v-1.3b"});
  EXPECT_EQ(passing({.min_parameters_b = 2}), Ids{"wan2.1-t2v-14b"});
  EXPECT_EQ(passing({.max_parameters_b = 100}), (Ids{"wan2.1-t2v-14b", "wan2.1-t2v-1.3b"}));
}

TEST(Filter, WhatCanBeUsedAndRun) {
  EXPECT_EQ(passing({.commercial = true}), (Ids{"wan2.1-t2v-14b", "wan2.1-t2v-1.3b"}));
  EXPECT_EQ(passing({.deployed = true}), (Ids{"wan2.1-t2v-14b", "wan2.1-t2v-1.3b", "hunyuan-video"}));
}

TEST(Search, TheNearestFirst) {
  EXPECT_EQ(found("wan"), (Ids{"wan2.1-t2v-14b", "wan2.1-t2v-1.3b", "secret"}));
  EXPECT_EQ(found("secret").front(), "secret");
  EXPECT_EQ(found("Wan 14b"), Ids{"wan2.1-t2v-14b"}) << "every word, whatever the case";
  EXPECT_EQ(found("2503.20314"), Ids{"wan2.1-t2v-14b"});
  EXPECT_EQ(found("hyvid"), Ids{"hunyuan-video"}) << "letters in order";
  EXPECT_EQ(found("alibaba 1.3"), Ids{"wan2.1-t2v-1.3b"});
  EXPECT_TRUE(found("wan nosuchword").empty());
}

}  // namespace
}  // namespace vidbench::registry
