// Which models take a suite's pictures and videos, as far as the catalogue knows.
#include "engine/conditioning.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"
#include "engine/plan.h"

namespace vidbench::engine {
namespace {

registry::Model model(const std::vector<std::string>& tasks, const std::string& runner = "null") {
  registry::Model result;
  result.id = "m";
  result.card.tasks = tasks;
  result.deployment.runner = runner;
  result.digest = "digest";
  return result;
}

suites::Prompt prompt(const std::string& image, const std::string& video) {
  suites::Prompt result;
  result.id = "s/0";
  result.text = "x";
  if (!image.empty()) result.image = {"/pictures/a.png", image};
  if (!video.empty()) result.video = {"/videos/a.mp4", video};
  return result;
}

// "" or what the refusal says.
std::string refused(const registry::Model& model, const suites::Prompt& prompt) {
  try {
    require_inputs(model, {&prompt});
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::kInput);
    EXPECT_FALSE(e.hint().empty());
    return e.what();
  }
  return "";
}

TEST(Conditioning, TasksSayWhatAModelTakes) {
  const auto text = prompt("", ""), image = prompt("1", ""), video = prompt("", "2"), both = prompt("1", "2");
  EXPECT_EQ(refused(model({"text-to-video"}), text), "");
  EXPECT_NE(refused(model({"text-to-video"}), image).find("takes no image"), std::string::npos);
  EXPECT_NE(refused(model({"text-to-video"}), video).find("takes no video"), std::string::npos);
  EXPECT_EQ(refused(model({"image-to-video"}), image), "");
  EXPECT_NE(refused(model({"image-to-video"}), text).find("nothing from text alone"), std::string::npos);
  EXPECT_NE(refused(model({"image-to-video"}), both).find("takes no video"), std::string::npos);
  EXPECT_EQ(refused(model({"text-to-video", "image-to-video"}), text), "");
  EXPECT_EQ(refused(model({"video-editing"}), video), "");
  EXPECT_EQ(refused(model({"control-to-video", "reference-to-video"}), both), "");
  EXPECT_EQ(refused(model({"text-to-audio-video"}), text), "");
}

TEST(Conditioning, WhatTheCatalogueDoesNotKnowIsNotRefused) {
  for (const auto& one : {prompt("", ""), prompt("1", ""), prompt("1", "2")}) {
    EXPECT_EQ(refused(model({}), one), "");
    EXPECT_EQ(refused(model({"world-model"}), one), "");
  }
}

TEST(Conditioning, ARunnerWithoutAPlaceForTheFileIsRefused) {
  EXPECT_NE(refused(model({"image-to-video"}, "http"), prompt("1", "")).find("has no place"),
            std::string::npos);
  registry::Model command = model({"image-to-video"}, "command");
  command.deployment.command = {"run", "{prompt}", "{seed}", "{output}"};
  EXPECT_NE(refused(command, prompt("1", "")).find("has no place"), std::string::npos);
  command.deployment.command.emplace_back("{image}");
  EXPECT_EQ(refused(command, prompt("1", "")), "");
}

suites::Suite suite(const suites::Prompt& prompt, bool is_public) {
  suites::Suite result;
  result.id = "s";
  result.is_public = is_public;
  result.prompts = {prompt};
  result.seeds = {1};
  return result;
}

TEST(Conditioning, ContentIsPartOfASamplesKeyAndReference) {
  const auto sample = [](const suites::Prompt& prompt, bool is_public) {
    return make_plan(suite(prompt, is_public), {model({})}, {}).samples.front();
  };
  EXPECT_NE(sample(prompt("1", ""), true).key, sample(prompt("", ""), true).key);
  EXPECT_NE(sample(prompt("1", ""), true).key, sample(prompt("2", ""), true).key);
  EXPECT_NE(sample(prompt("1", ""), true).key, sample(prompt("", "1"), true).key);
  EXPECT_NE(sample(prompt("1", ""), false).prompt_ref, sample(prompt("2", ""), false).prompt_ref);
  const Plan plan = make_plan(suite(prompt("1", ""), true), {model({})}, {});
  EXPECT_EQ(plan.requests.front().image.path, "/pictures/a.png");
}

TEST(Conditioning, AFileThatHasChangedIsNoticed) {
  const TemporaryDirectory folder;
  const auto file = folder.path() / "a.png";
  write_file_atomic(file, "one");
  workers::GenerateRequest request;
  EXPECT_FALSE(changed_input({request}));
  request.image = {file, sha256_hex("one")};
  EXPECT_FALSE(changed_input({request}));
  write_file_atomic(file, "two");
  ASSERT_TRUE(changed_input({request}));
  EXPECT_EQ(changed_input({request})->kind, "invalid-request");
  std::filesystem::remove(file);
  EXPECT_NE(changed_input({request})->message.find("has gone"), std::string::npos);
}

}  // namespace
}  // namespace vidbench::engine
