// The parts of the command runner; whole runs are in tests/e2e/test_command.py.
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "base/files.h"
#include "fake_worker.h"
#include "registry/registry.h"
#include "workers/child_process.h"
#include "workers/command_line.h"
#include "workers/command_output.h"
#include "workers/execution.h"
#include "workers/output_files.h"

namespace vidbench::workers {
namespace {
namespace fs = std::filesystem;

registry::Model shell_model(const std::string& script, Json settings = Json::object()) {
  registry::Model model;
  model.id = "shell";
  model.deployment.runner = "command";
  model.deployment.command = {"sh", "-c", script, "{seed}", "{prompt}"};
  if (!settings.contains("output")) settings["output"] = "{output_dir}/*.gif";
  model.deployment.settings = settings;
  return model;
}

GenerateRequest request(const std::string& prompt) {
  GenerateRequest request;
  request.id = "a";
  request.prompt = prompt;
  request.seed = 3;
  return request;
}

class CommandRunnerTest : public testing::Test {
 protected:
  SampleOutcome make(const registry::Model& model, const GenerateRequest& asked) {
    const auto runner = make_runner(model, options_);
    (void)runner->start();
    const BatchOutcome outcome = runner->generate({asked}, out_.path() / "videos",
                                                  [this](const Progress& p) { progress_.push_back(p); }, {});
    EXPECT_TRUE(runner->alive());
    return outcome.samples.at(0);
  }
  std::string kind(const std::string& script) {
    const SampleOutcome outcome = make(shell_model(script), request("x"));
    return outcome.failure ? outcome.failure->kind : "none";
  }

  TemporaryDirectory out_;
  RunnerOptions options_;
  std::vector<Progress> progress_;
};

TEST_F(CommandRunnerTest, FilesOfThePromptHaveAPlaceOrAreRefused) {
  registry::Model model = shell_model(R"(cp "$2" x.gif)");
  GenerateRequest asked = request("x");
  write_file_atomic(out_.path() / "a.png", "GIF89a picture");
  EXPECT_TRUE(make(shell_model("printf GIF89a > x.gif"), asked).video);
  asked.image = {out_.path() / "a.png", ""};
  const SampleOutcome no_place = make(model, asked);
  ASSERT_TRUE(no_place.failure);
  EXPECT_EQ(no_place.failure->kind, "unsupported");
  EXPECT_NE(no_place.failure->message.find("the prompt's image"), std::string::npos);
  model.deployment.command.emplace_back("{image}");
  const SampleOutcome taken = make(model, asked);
  ASSERT_TRUE(taken.video) << taken.failure->message;
  EXPECT_EQ(read_file(taken.video->path), "GIF89a picture");
  const SampleOutcome without = make(model, request("x"));
  ASSERT_TRUE(without.failure);
  EXPECT_NE(without.failure->message.find("needs the prompt's image"), std::string::npos);
  model.deployment.command.pop_back();
  model.deployment.settings["optional"] = {{"{image}"}};
  EXPECT_TRUE(make(model, asked).video);
}

// In these scripts $0 is the seed and $1 the prompt; without a repository they work in the scratch folder.
TEST_F(CommandRunnerTest, PassesAnyPromptAndTakesTheVideo) {
  for (const std::string prompt :
       {"-n starts with a dash", "quotes ' and \" and \\", "two\nlines", "$(exit 3) `false`"}) {
    const SampleOutcome outcome = make(shell_model(R"(printf 'GIF89a%s' "$1" > "x$0.gif")"), request(prompt));
    ASSERT_TRUE(outcome.video) << outcome.failure->message;
    EXPECT_EQ(read_file(outcome.video->path), "GIF89a" + prompt);
    EXPECT_EQ(fs::path(outcome.video->path).filename(), "a.gif");
    EXPECT_GT(outcome.video->latency_s, 0);
  }
  const SampleOutcome nul = make(shell_model("true"), request(std::string("a\0b", 3)));
  ASSERT_TRUE(nul.failure);
  EXPECT_EQ(nul.failure->kind, "invalid-request");
}

TEST_F(CommandRunnerTest, ClassifiesFailures) {
  EXPECT_EQ(kind("echo 'torch.OutOfMemoryError: CUDA out of memory.' >&2; exit 1"), "oom");
  EXPECT_EQ(kind("echo 'RuntimeError: CUDA out of memory'; exit 0"), "oom");
  EXPECT_EQ(kind("echo 'ModuleNotFoundError: No module named x'; exit 1"), "unsupported");
  EXPECT_EQ(kind("exit 3"), "crash");
  EXPECT_EQ(kind("kill -SEGV $$"), "crash");
  EXPECT_EQ(kind("true"), "bad-output");
  EXPECT_EQ(kind("echo no video > x.gif"), "bad-output");
  EXPECT_EQ(kind(": > x.gif"), "bad-output");
  EXPECT_EQ(kind("ln -s /etc/passwd x.gif"), "bad-output");
}

TEST_F(CommandRunnerTest, RefusesWhatTheCommandHasNoPlaceFor) {
  GenerateRequest asked = request("x");
  asked.frames = 9;
  EXPECT_EQ(make(shell_model("true"), asked).failure->message, "the command has no place for frames 9");
  asked.frames.reset();
  asked.negative_prompt = "bad";
  EXPECT_EQ(make(shell_model("true"), asked).failure->kind, "unsupported");
}

TEST_F(CommandRunnerTest, ReportsProgressAndStages) {
  const Json settings = {{"stages", {{"^loading", "load"}}}};
  (void)make(shell_model("echo loading 1/3; sleep 0.1; printf '10%% 2/5 [00:01\\r'; sleep 0.1; echo step 4/5",
                         settings),
             request("x"));
  ASSERT_EQ(progress_.size(), 3u);
  EXPECT_EQ(progress_[0].stage, "load");
  EXPECT_EQ(progress_[1].step, 2);
  EXPECT_EQ(progress_[2].step, 4);
  EXPECT_EQ(progress_[2].steps, 5);
}

TEST(SupervisedProcess, LeavesNothingBehind) {
  for (const bool killed : {false, true}) {
    ChildOptions options;
    options.argv = {"/bin/sh", "-c",
                    std::string("setsid sleep 600 & echo child $!; exec ") + (killed ? "sleep 600" : "true")};
    options.stderr_to_stdout = true;
    options.supervised = true;
    ChildProcess child(options);
    std::string text;
    while (text.find('\n') == std::string::npos) {
      char block[64];
      const ssize_t count = ::read(child.stdout_fd(), block, sizeof block);
      if (count > 0) text.append(block, static_cast<size_t>(count));
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    if (killed) child.terminate(0);
    const auto status = child.wait(30);
    ASSERT_TRUE(status);
    EXPECT_EQ(status->signalled, killed);
    EXPECT_TRUE(testing_support::ends(testing_support::child_in(text)));
    EXPECT_GT(child.peak_resident_bytes(), 0u);
  }
}

TEST(PromptScrubber, FindsThePromptHoweverItIsWritten) {
  const PromptScrubber scrub({"A red cat, jumping over 'the' wall", "猫在走路"});
  EXPECT_EQ(scrub("Input: A red cat, jumping over 'the' wall!"), "Input: [prompt]!");
  EXPECT_EQ(scrub("saved a_red_cat_jumping_ov.mp4"), "saved [prompt]_ov.mp4");
  EXPECT_EQ(scrub("jumping\\nover \\'the"), "[prompt]");
  EXPECT_EQ(scrub("猫在走"), "[prompt]");
  EXPECT_EQ(scrub("a red flag over the moon"), "a red flag over the moon");
  EXPECT_EQ(PromptScrubber({""})("text"), "text");
}

TEST(OutputFiles, MatchPatternsAndTellNewFromOld) {
  const TemporaryDirectory folder;
  const auto write = [&](const std::string& name, const std::string& text) {
    fs::create_directories((folder.path() / name).parent_path());
    std::ofstream(folder.path() / name) << text;
  };
  write("results/old.mp4", "1");
  write("results/kept.mp4", "1");
  const fs::path pattern = folder.path() / "results/*.mp4";
  const FileStamps before = matching_files(pattern);
  EXPECT_EQ(before.size(), 2u);
  write("results/new.mp4", "1");
  write("results/old.mp4", "12");
  write("results/deep/er/new.mp4", "1");
  write("results/.hidden.mp4", "1");
  EXPECT_EQ(new_files(before, matching_files(pattern)).size(), 2u);
  EXPECT_EQ(matching_files(folder.path() / "results/**/*.mp4").size(), 4u);
  EXPECT_EQ(matching_files(folder.path() / "r*/deep/*/n?w.mp4").size(), 1u);
  EXPECT_EQ(matching_files(folder.path() / "results/new.mp4").size(), 1u);
  EXPECT_TRUE(matching_files(folder.path() / "nowhere/*.mp4").empty());
}

TEST(OutputFiles, KnowVideosByTheirBeginning) {
  const TemporaryDirectory folder;
  const auto kind = [&](const std::string& text) {
    std::ofstream(folder.path() / "x", std::ios::trunc) << text;
    return video_kind(folder.path() / "x");
  };
  EXPECT_EQ(kind(std::string("\0\0\0\x20", 4) + "ftypisom"), ".mp4");
  EXPECT_EQ(kind("\x1A\x45\xDF\xA3"), ".webm");
  EXPECT_EQ(kind("RIFF1234AVI LIST"), ".avi");
  EXPECT_EQ(kind("GIF89a"), ".gif");
  EXPECT_EQ(kind("\x93NUMPY"), ".npy");
  EXPECT_EQ(kind("<html>"), "");
}

TEST(Execution, OfEveryCommandInTheCatalogueRendersWithAFullRequest) {
  const auto registry = registry::Registry::load({fs::path(VIDBENCH_SOURCE_DIR) / "catalogue"});
  size_t count = 0;
  for (const registry::Model& model : registry.models()) {
    if (model.deployment.runner != "command") continue;
    ++count;
    const registry::GenerationDefaults& own = model.deployment.defaults;
    GenerateRequest asked = request("a quiet lake");
    asked.frames = own.frames;
    asked.width = own.width;
    asked.height = own.height;
    asked.steps = own.steps;
    asked.fps = own.fps;
    asked.guidance = own.guidance;
    const Execution execution = describe_execution(model, asked, {});
    const std::string text = shell_text(execution);
    EXPECT_TRUE(text.find("a quiet lake") != std::string::npos ||
                text.find("{prompt_file}") != std::string::npos)
        << text;
    EXPECT_FALSE(model.card.references.empty()) << model.id;
  }
  EXPECT_GE(count, 50u);
}

}  // namespace
}  // namespace vidbench::workers
