#include "workers/process_runner.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/files.h"
#include "base/hash.h"
#include "fake_worker.h"
#include "media/npy.h"

namespace vidbench::workers {
namespace {
namespace fs = std::filesystem;
using testing_support::fake_model;

GenerateRequest request(const std::string& id, uint64_t seed) {
  GenerateRequest request;
  request.id = id;
  request.seed = seed;
  return request;
}

std::vector<GenerateRequest> two_requests() { return {request("a", 1), request("b", 2)}; }

class ProcessRunnerTest : public testing::Test {
 protected:
  // Starts a fake worker and generates two samples, "a" (the mode's victim) and "b".
  BatchOutcome generate(const std::string& mode) {
    runner_ = make_runner(fake_model(mode), options_);
    (void)runner_->start();
    return runner_->generate(two_requests(), out_.path() / "videos",
                             [this](const Progress& progress) { progress_.push_back(progress); }, {});
  }
  // "a" failed with `kind` and this part of the message, "b" is untouched, the worker lives.
  void expect_victim(const std::string& mode, const std::string& kind, const std::string& message) {
    const BatchOutcome outcome = generate(mode);
    ASSERT_FALSE(outcome.failure) << outcome.failure->message;
    ASSERT_EQ(outcome.samples.size(), 2u);
    EXPECT_EQ(outcome.samples[0].id, "a");
    EXPECT_FALSE(outcome.samples[0].video);
    ASSERT_TRUE(outcome.samples[0].failure);
    EXPECT_EQ(outcome.samples[0].failure->kind, kind);
    EXPECT_NE(outcome.samples[0].failure->message.find(message), std::string::npos)
        << outcome.samples[0].failure->message;
    EXPECT_TRUE(outcome.samples[1].video);
    EXPECT_FALSE(outcome.samples[1].failure);
    EXPECT_TRUE(runner_->alive());
  }

  TemporaryDirectory out_;
  RunnerOptions options_;
  std::unique_ptr<Runner> runner_;
  std::vector<Progress> progress_;
};

TEST_F(ProcessRunnerTest, GeneratesVideosInRequestOrder) {
  const BatchOutcome outcome = generate("ok");
  ASSERT_FALSE(outcome.failure) << outcome.failure->message;
  ASSERT_EQ(outcome.samples.size(), 2u);
  EXPECT_EQ(outcome.samples[0].id, "a");
  EXPECT_EQ(outcome.samples[1].id, "b");
  const store::GeneratedVideo& video = outcome.samples[0].video.value();
  EXPECT_EQ(video.path, (out_.path() / "videos/a.npy").string());
  EXPECT_EQ(media::read_npy_header(video.path).shape, (std::vector<size_t>{4, 4, 4, 3}));
  EXPECT_EQ(video.frames, 4);
  EXPECT_EQ(video.fps, 8);
  EXPECT_EQ(video.batch_size, 2);
  EXPECT_GT(video.peak_memory_bytes, uint64_t{1} << 20)
      << "the resident peak is used when the worker tells less";
}

TEST_F(ProcessRunnerTest, LoadsWithWhatTheDeploymentSays) {
  registry::Model model = fake_model("echo");
  model.deployment.settings = {{"size", "small"}};
  model.deployment.dtype = "bf16";
  model.deployment.defaults.steps = 5;
  options_.threads = 3;
  options_.device = "cpu";
  runner_ = make_runner(model, options_);
  const store::ModelFacts facts = runner_->start();
  EXPECT_EQ(facts.model, "fake");
  EXPECT_EQ(facts.parameters, 12u);
  EXPECT_EQ(facts.weights_bytes, 48u);
  EXPECT_EQ(facts.device, "cpu");
  EXPECT_EQ(facts.dtype, "bf16");
  EXPECT_EQ(facts.settings, Json({{"frames", 4}, {"steps", 5}, {"dtype", "bf16"}}))
      << "the deployment's default stands before the worker's";
  EXPECT_GT(facts.load_s, 0);
  const Json params = Json::parse(facts.versions["params"].get<std::string>());
  EXPECT_EQ(params, Json({{"model", "fake"},
                          {"settings", {{"size", "small"}}},
                          {"device", "cpu"},
                          {"dtype", "bf16"},
                          {"offline", true}}));
  EXPECT_EQ(facts.versions["OMP_NUM_THREADS"], "3");
  EXPECT_EQ(facts.versions["HF_HUB_OFFLINE"], "1");
}

TEST_F(ProcessRunnerTest, DefaultsFillWhatTheRequestLeavesOpen) {
  registry::Model model = fake_model("ok");
  model.deployment.defaults.frames = 7;
  model.deployment.defaults.width = 9;
  runner_ = make_runner(model, options_);
  (void)runner_->start();
  std::vector<GenerateRequest> requests = two_requests();
  requests[1].frames = 2;
  const BatchOutcome outcome = runner_->generate(requests, out_.path(), {}, {});
  ASSERT_FALSE(outcome.failure);
  EXPECT_EQ(outcome.samples[0].video->frames, 7);
  EXPECT_EQ(outcome.samples[0].video->width, 9);
  EXPECT_EQ(outcome.samples[1].video->frames, 2);
}

TEST_F(ProcessRunnerTest, ProgressIsPassedOn) {
  ASSERT_FALSE(generate("progress").failure);
  ASSERT_EQ(progress_.size(), 3u);
  EXPECT_EQ(progress_[2].id, "a");
  EXPECT_EQ(progress_[2].stage, "denoise");
  EXPECT_EQ(progress_[2].step, 3);
  EXPECT_EQ(progress_[2].steps, 3);
  EXPECT_EQ(progress_[2].peak_memory_bytes, 1002u);
}

TEST_F(ProcessRunnerTest, ProgressRestartsTheStallClock) {
  registry::Model model = fake_model("slow-with-progress");  // 3 s of work, a sign every 0.3 s
  model.deployment.stall_timeout_s = 2;
  runner_ = make_runner(model, options_);
  (void)runner_->start();
  const BatchOutcome outcome = runner_->generate(two_requests(), out_.path(), {}, {});
  EXPECT_FALSE(outcome.failure) << outcome.failure->message;
}

TEST_F(ProcessRunnerTest, StrangeProgressHarmsNothing) {
  const BatchOutcome outcome = generate("strange-progress");
  ASSERT_FALSE(outcome.failure);
  ASSERT_EQ(progress_.size(), 2u);
  EXPECT_EQ(progress_[0].step, 0);
}

TEST_F(ProcessRunnerTest, UnknownSample) {
  expect_victim("unknown-sample", "bad-output", "no result for sample 'a', but one for the unknown 'nobody'");
}
TEST_F(ProcessRunnerTest, MissingSample) {
  expect_victim("missing-sample", "bad-output", "no result for sample 'a'");
}
TEST_F(ProcessRunnerTest, TwoResults) { expect_victim("twice", "bad-output", "two results for sample 'a'"); }
TEST_F(ProcessRunnerTest, PathEscape) {
  expect_victim("escape", "bad-output", "'../escaped.npy' is not a file name inside the output folder");
}
TEST_F(ProcessRunnerTest, AbsolutePath) { expect_victim("absolute", "bad-output", "is not a file name"); }
TEST_F(ProcessRunnerTest, SymbolicLink) { expect_victim("link", "bad-output", "'a.npy' is a symbolic link"); }
TEST_F(ProcessRunnerTest, MissingFile) { expect_victim("missing-file", "bad-output", "cannot open 'a.npy'"); }
TEST_F(ProcessRunnerTest, EmptyFile) { expect_victim("empty-file", "bad-output", "'a.npy' is empty"); }
TEST_F(ProcessRunnerTest, Folder) { expect_victim("folder", "bad-output", "'a.npy' is not a regular file"); }
TEST_F(ProcessRunnerTest, NamedPipe) { expect_victim("fifo", "bad-output", "'a.npy' is not a regular file"); }
TEST_F(ProcessRunnerTest, BadNumber) { expect_victim("bad-number", "bad-output", "'frames' must be"); }
TEST_F(ProcessRunnerTest, NoLatency) { expect_victim("no-latency", "bad-output", "'latency_s' must be"); }
TEST_F(ProcessRunnerTest, OneSampleOutOfMemory) { expect_victim("sample-oom", "oom", "out of memory"); }

TEST_F(ProcessRunnerTest, WrongIdFailsTheBatchAndEndsTheProcess) {
  const BatchOutcome outcome = generate("wrong-id");
  ASSERT_TRUE(outcome.failure);
  EXPECT_EQ(outcome.failure->kind, "bad-output");
  EXPECT_TRUE(outcome.samples.empty());
  EXPECT_FALSE(runner_->alive());
}

TEST_F(ProcessRunnerTest, ABrokenErrorIsBadOutput) {
  EXPECT_EQ(generate("error-without-message").failure.value().kind, "bad-output");
}

TEST_F(ProcessRunnerTest, NoResultsFailTheBatchAndEndTheProcess) {
  const BatchOutcome outcome = generate("no-results");
  EXPECT_EQ(outcome.failure.value().kind, "bad-output");
  EXPECT_FALSE(runner_->alive());
}

TEST_F(ProcessRunnerTest, OutOfMemoryOfTheBatchKeepsTheProcess) {
  const BatchOutcome outcome = generate("generate-oom");
  EXPECT_EQ(outcome.failure.value().kind, "oom");
  EXPECT_EQ(outcome.failure.value().message, "two lines");
  EXPECT_TRUE(runner_->alive());
}

TEST_F(ProcessRunnerTest, AfterACrashStartBringsItUpAgain) {
  const BatchOutcome outcome = generate("crash");
  EXPECT_EQ(outcome.failure.value().kind, "crash");
  EXPECT_EQ(outcome.failure.value().log_tail, "about to fail\nthe last line");
  EXPECT_FALSE(runner_->alive());
  EXPECT_EQ(runner_->start().parameters, 12u);
  EXPECT_TRUE(runner_->alive());
}

TEST_F(ProcessRunnerTest, AStoppedTokenInterrupts) {
  runner_ = make_runner(fake_model("never-answers"), options_);
  (void)runner_->start();
  std::stop_source source;
  source.request_stop();
  const BatchOutcome outcome = runner_->generate(two_requests(), out_.path(), {}, source.get_token());
  EXPECT_EQ(outcome.failure.value().kind, "interrupted");
  EXPECT_FALSE(runner_->alive());
}

void expect_start_error(const registry::Model& model, const std::string& message, const std::string& hint) {
  const std::unique_ptr<Runner> runner = make_runner(model, {});
  try {
    (void)runner->start();
    FAIL() << "no error";
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::kEnvironment);
    EXPECT_NE(std::string(e.what()).find(message), std::string::npos) << e.what();
    EXPECT_NE(e.hint().find(hint), std::string::npos) << e.hint();
  }
  EXPECT_FALSE(runner->alive());
}

TEST_F(ProcessRunnerTest, StartErrorsNameTheModelAndShowTheLog) {
  expect_start_error(fake_model("crash-at-start"),
                     "model fake: cannot start: the worker ended with exit code 1",
                     "ImportError: no module named torch");
  expect_start_error(fake_model("other-protocol"), "the worker speaks \"vidbench.worker/9\"", "");
  expect_start_error(fake_model("no-capability"), "the worker does not offer 'generate'", "");
  expect_start_error(fake_model("load-oom"), "the weights do not fit (oom)", "");
}

TEST_F(ProcessRunnerTest, PinnedWeightsAreCheckedBeforeTheStart) {
  registry::Model model = fake_model("ok");
  write_file_atomic(out_.path() / "w.bin", "changed");
  model.deployment.weights = {{out_.path() / "w.bin", sha256_hex("original")}};
  expect_start_error(model, sha256_hex("changed"), "restore the file");
}

TEST(MakeRunner, UnknownKindHasASuggestion) {
  registry::Model model = fake_model("ok");
  model.deployment.runner = "wroker";
  try {
    (void)make_runner(model, {});
    FAIL() << "no error";
  } catch (const Error& e) {
    EXPECT_EQ(e.hint(), "did you mean 'worker'?");
  }
}

}  // namespace
}  // namespace vidbench::workers
