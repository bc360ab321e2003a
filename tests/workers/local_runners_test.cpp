// The runners without a process of their own: null and replay.
#include <gtest/gtest.h>

#include <array>
#include <filesystem>

#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"
#include "media/npy.h"
#include "workers/runner.h"

namespace vidbench::workers {
namespace {
namespace fs = std::filesystem;

registry::Model model_of(const std::string& runner) {
  registry::Model model;
  model.id = runner;
  model.deployment.runner = runner;
  return model;
}

GenerateRequest request(const std::string& id, uint64_t seed, const std::string& prompt_ref = "") {
  GenerateRequest request;
  request.id = id;
  request.seed = seed;
  request.prompt_ref = prompt_ref;
  return request;
}

SampleOutcome generate_one(Runner& runner, const GenerateRequest& request, const fs::path& folder) {
  BatchOutcome outcome = runner.generate({request}, folder, {}, {});
  EXPECT_EQ(outcome.samples.size(), 1u);
  return outcome.samples.at(0);
}

TEST(NullRunner, WritesSeededVideosOfTheAskedShape) {
  const TemporaryDirectory folder;
  const auto runner = make_runner(model_of("null"), {});
  EXPECT_FALSE(runner->alive());
  EXPECT_EQ(runner->start().parameters, 0u);
  EXPECT_TRUE(runner->alive());
  const SampleOutcome plain = generate_one(*runner, request("a", 7), folder.path());
  EXPECT_EQ(media::read_npy_header(plain.video->path).shape, (std::vector<size_t>{16, 32, 32, 3}));
  GenerateRequest small = request("b", 7);
  small.frames = 3;
  small.height = 5;
  small.width = 7;
  const SampleOutcome shaped = generate_one(*runner, small, folder.path());
  EXPECT_EQ(media::read_npy(shaped.video->path).shape, (std::vector<size_t>{3, 5, 7, 3}));
  EXPECT_EQ(shaped.video->frames, 3);
  const SampleOutcome again = generate_one(*runner, request("c", 7), folder.path());
  const SampleOutcome other = generate_one(*runner, request("d", 8), folder.path());
  EXPECT_EQ(sha256_file(plain.video->path), sha256_file(again.video->path));
  EXPECT_NE(sha256_file(plain.video->path), sha256_file(other.video->path));
}

TEST(NullRunner, RefusesSettingsAndTooManyPixels) {
  registry::Model model = model_of("null");
  model.deployment.settings = {{"fail_every", 2}};
  EXPECT_THROW((void)make_runner(model, {}), Error);
  const TemporaryDirectory folder;
  const auto runner = make_runner(model_of("null"), {});
  (void)runner->start();
  GenerateRequest huge = request("a", 1);
  huge.frames = huge.width = 1 << 20;
  EXPECT_EQ(generate_one(*runner, huge, folder.path()).failure->kind, "invalid-request");
}

class ReplayRunnerTest : public testing::Test {
 protected:
  void SetUp() override {
    registry::Model model = model_of("replay");
    model.deployment.settings = {{"path", videos_.path().string()}};
    runner_ = make_runner(model, {});
    (void)runner_->start();
  }
  void put(const std::string& name, const std::string& text) {
    write_file_atomic(videos_.path() / name, text);
  }
  [[nodiscard]] SampleOutcome replay(const std::string& prompt_ref, uint64_t seed) {
    return generate_one(*runner_, request("s1", seed, prompt_ref), out_.path());
  }

  TemporaryDirectory videos_, out_;
  std::unique_ptr<Runner> runner_;
};

TEST_F(ReplayRunnerTest, FindsVideosByPromptAndSeed) {
  put("quick_7.mp4", "any seed");
  put("quick_7-42.webm", "seed 42");
  EXPECT_EQ(read_file(replay("quick/7", 42).video->path), "seed 42");
  EXPECT_EQ(replay("quick/7", 42).video->path, (out_.path() / "s1.webm").string());
  EXPECT_EQ(read_file(replay("quick/7", 43).video->path), "any seed");
}

TEST_F(ReplayRunnerTest, TellsTheShapeOfRawVideos) {
  const std::array<size_t, 4> shape = {2, 4, 6, 3};
  media::write_npy(videos_.path() / "quick_1.npy", "u1", shape, std::vector<uint8_t>(144, 9));
  const SampleOutcome outcome = replay("quick/1", 5);
  ASSERT_TRUE(outcome.video) << outcome.failure->message;
  EXPECT_EQ(outcome.video->frames, 2);
  EXPECT_EQ(outcome.video->height, 4);
  EXPECT_EQ(outcome.video->width, 6);
}

TEST_F(ReplayRunnerTest, FailuresNameTheFiles) {
  put("quick_2.npy", "not an array");
  put("quick_3.mp4", "x");
  put("quick_3.gif", "x");
  EXPECT_NE(replay("quick/1", 5).failure->message.find("no video quick_1-5.* or quick_1.*"),
            std::string::npos);
  EXPECT_NE(replay("quick/2", 5).failure->message.find("quick_2.npy"), std::string::npos);
  EXPECT_NE(replay("quick/3", 5).failure->message.find("two videos for one sample"), std::string::npos);
  EXPECT_EQ(replay("", 5).failure->kind, "bad-output");
  EXPECT_TRUE(replay("../quick/3", 5).failure) << "no way out of the folder";
}

TEST_F(ReplayRunnerTest, AMissingFolderIsAnEnvironmentError) {
  registry::Model model = model_of("replay");
  model.deployment.settings = {{"path", "/nonexistent"}};
  EXPECT_THROW((void)make_runner(model, {})->start(), Error);
}

}  // namespace
}  // namespace vidbench::workers
