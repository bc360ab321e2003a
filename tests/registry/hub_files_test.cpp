#include "registry/hub_files.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "base/files.h"
#include "registry/command_template.h"

namespace vidbench::registry {
namespace {

Deployment deployment() {
  Deployment result;
  result.runner = "diffusers";
  result.settings = Json::parse(R"({
      "pipeline": "AnimateDiffPipeline", "repo": "a/base", "variant": "fp16",
      "motion_adapter": {"repo": "a/motion", "revision": "v2"},
      "components": {"vae": {"class": "V", "repo": "a/parts", "subfolder": "vae"},
                     "scheduler": {"class": "S", "repo": "a/parts", "subfolder": "vae"},
                     "encoder": {"class": "E", "path": "/here"}},
      "lora": [{"repo": "a/lora", "file": "one.safetensors"}, {"repo": "not a name"}]})");
  return result;
}

TEST(HubFiles, EverySourceOfWeightsOnce) {
  const auto references = hub_references(deployment());
  ASSERT_EQ(references.size(), 4U);
  EXPECT_EQ(references[0].repository, "a/base");
  EXPECT_EQ(references[0].variant, "fp16");
  EXPECT_EQ(references[1].repository + "@" + references[1].revision, "a/motion@v2");
  EXPECT_EQ(references[2].repository + "/" + references[2].path, "a/parts/vae");
  EXPECT_EQ(references[3].path, "one.safetensors");
}

TEST(HubFiles, ALocationMayNameARevision) {
  EXPECT_EQ(hub_reference("hf:a/b").text(), "a/b");
  EXPECT_EQ(hub_reference("hf:a/b@v1.0").text(), "a/b@v1.0");
  EXPECT_EQ(hub_reference("hf:a/b/c/d.bin@v1").path, "c/d.bin");
  EXPECT_EQ(hub_reference("hf:a/b/x@2/d.bin").text(), "a/b/x@2/d.bin") << "a folder's name, not a revision";
}

TEST(HubFiles, CommitsStandInThePlaceOfBranches) {
  const TemporaryDirectory store, cache;
  ::setenv("VIDBENCH_MODELS_STORE", store.path().c_str(), 1);
  ::setenv("HF_HUB_CACHE", cache.path().c_str(), 1);
  Deployment one;
  one.runner = "diffusers";
  one.settings = Json::parse(R"({"repo": "a/base", "revision": "v2"})");
  EXPECT_FALSE(hub_commits(one)) << "it is not here";
  blobs::Manifest manifest;
  manifest.reference = hub_references(one)[0];
  manifest.commit = std::string(40, 'a');
  manifest.files = {{"config.json", std::string(64, 'b'), 2, "https://x", "", false}};
  blobs::Store::open_default().publish(manifest);
  const auto commits = hub_commits(one);
  one.settings["revision"] = std::string(40, 'c');
  const auto pinned = hub_commits(one);
  one.settings = Json::object();
  const auto none = hub_commits(one);
  ::unsetenv("VIDBENCH_MODELS_STORE");
  ::unsetenv("HF_HUB_CACHE");
  ASSERT_TRUE(commits && pinned && none);
  EXPECT_EQ(commits->at(0).text(), "a/base@" + std::string(40, 'a'));
  EXPECT_EQ(pinned->at(0).revision, std::string(40, 'c')) << "a commit needs no files";
  EXPECT_TRUE(none->empty());
}

TEST(HubFiles, WhatWasPulledIsAPathForTheWorker) {
  const TemporaryDirectory store;
  ::setenv("VIDBENCH_MODELS_STORE", store.path().c_str(), 1);
  const auto motion = hub_references(deployment())[1];
  blobs::Manifest manifest;
  manifest.reference = motion;
  manifest.commit = std::string(40, 'a');
  manifest.files = {{"config.json", std::string(64, 'b'), 2, "https://x", "", false}};
  blobs::Store::open_default().publish(manifest);
  const Json settings = local_settings(deployment());
  ::unsetenv("VIDBENCH_MODELS_STORE");
  const Json& adapter = settings["motion_adapter"];
  EXPECT_FALSE(adapter.contains("repo") || adapter.contains("revision")) << adapter;
  EXPECT_TRUE(adapter.value("path", "").starts_with(store.path().string())) << adapter;
  EXPECT_EQ(settings["repo"], "a/base");
  EXPECT_EQ(settings["components"], deployment().settings["components"]);
}

}  // namespace
}  // namespace vidbench::registry
