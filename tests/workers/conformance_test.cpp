#include "workers/conformance.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "base/error.h"
#include "base/files.h"
#include "fake_worker.h"
#include "media/npy.h"
#include "registry/program.h"

namespace vidbench::workers {
namespace {
using testing_support::fake_model;

std::vector<std::string> failed_checks(const ConformanceReport& report, bool required) {
  std::vector<std::string> names;
  for (const ConformanceCheck& check : report.checks)
    if (!check.passed && check.required == required) names.push_back(check.name);
  return names;
}

TEST(Conformance, AGoodWorkerPasses) {
  const ConformanceReport report = validate_model(fake_model("progress"), {});
  EXPECT_TRUE(report.passed()) << to_json(report).dump(1);
  EXPECT_GE(report.checks.size(), 14u);
  EXPECT_TRUE(failed_checks(report, false).empty());
}

TEST(Conformance, MissingProgressIsOnlyAdvice) {
  const ConformanceReport report = validate_model(fake_model("ok"), {});
  EXPECT_TRUE(report.passed());
  EXPECT_EQ(failed_checks(report, false), std::vector<std::string>{"progress is reported"});
  EXPECT_EQ(to_json(report)["passed"], true);
}

struct BadWorker {
  const char* mode;
  std::vector<std::string> failed;
};

class ConformanceFailures : public testing::TestWithParam<BadWorker> {};

TEST_P(ConformanceFailures, AreNamed) {
  const ConformanceReport report = validate_model(fake_model(GetParam().mode), {});
  EXPECT_FALSE(report.passed());
  EXPECT_EQ(failed_checks(report, true), GetParam().failed) << to_json(report).dump(1);
}

INSTANTIATE_TEST_SUITE_P(
    All, ConformanceFailures,
    testing::Values(BadWorker{"unrepeatable", {"same seed, same bytes in a fresh process"}},
                    BadWorker{"deaf-to-seed", {"another seed, another video"}},
                    BadWorker{"constant",
                              {"check-1 is not of one constant value", "check-2 is not of one constant value",
                               "another seed, another video"}},
                    BadWorker{"short-file", {"check-1 is a valid .npy file", "check-2 is a valid .npy file"}},
                    BadWorker{"milliseconds", {"timings fit the wall clock"}},
                    BadWorker{"bad-exit", {"ends with 0 after shutdown"}},
                    BadWorker{"crash-at-start", {"handshake"}}, BadWorker{"no-capability", {"handshake"}},
                    BadWorker{"load-oom", {"first load"}}, BadWorker{"crash", {"first generate"}},
                    BadWorker{"escape", {"first generate"}}),
    [](const auto& info) {
      std::string name = info.param.mode;
      std::replace(name.begin(), name.end(), '-', '_');
      return name;
    });

// Workers made with the Python SDK, where the interpreter has NumPy.
class SdkConformance : public testing::Test {
 protected:
  void SetUp() override {
    ::setenv("VIDBENCH_HOME", VIDBENCH_SOURCE_DIR, 1);
    const auto found = registry::find_python().path;
    if (!found || std::system((found->string() + " -c 'import numpy' 2>/dev/null").c_str()) != 0)
      GTEST_SKIP() << "needs a Python interpreter with NumPy";
    python_ = found->string();
  }
  void TearDown() override { ::unsetenv("VIDBENCH_HOME"); }

  void expect_conformance(const std::string& script) {
    registry::Model model = fake_model("ok");
    model.deployment.command = {python_, script};
    const ConformanceReport report = validate_model(model, {});
    EXPECT_TRUE(report.passed()) << to_json(report).dump(1);
    EXPECT_TRUE(failed_checks(report, false).empty());
  }

  std::string python_;
};

TEST_F(SdkConformance, TheShippedExamplePasses) {
  expect_conformance(VIDBENCH_SOURCE_DIR "/python/examples/minimal_worker.py");
}

TEST_F(SdkConformance, TheExampleOfTheDocumentationPasses) {
  const std::string page = read_file(VIDBENCH_SOURCE_DIR "/docs/add-a-model.md");
  const size_t begin = page.find("```python\n") + 10;
  const TemporaryDirectory folder;
  write_file_atomic(folder.path() / "my_worker.py", page.substr(begin, page.find("```", begin) - begin));
  expect_conformance((folder.path() / "my_worker.py").string());
}

// The whole way of a diffusers entry, with real pipeline classes and random weights. Importing the libraries
// takes seconds, or minutes on a busy machine.
TEST_F(SdkConformance, ATinyDiffusersPipelineGenerates) {
  if (std::system((python_ + " -c 'import diffusers, transformers' 2>/dev/null").c_str()) != 0)
    GTEST_SKIP() << "needs diffusers and transformers";
  const TemporaryDirectory folder;
  const std::string make = python_ + " " VIDBENCH_SOURCE_DIR "/python/tests/make_tiny_pipeline.py wan ";
  ASSERT_EQ(std::system((make + folder.path().string() + " >/dev/null 2>&1").c_str()), 0);
  registry::Model model = fake_model("ok");
  model.deployment.runner = "diffusers";
  model.deployment.command.clear();
  model.deployment.settings = {{"pipeline", "WanPipeline"}, {"path", folder.path().string()}};
  model.deployment.device = "cpu";
  model.deployment.defaults = {9, 32, 32, 2, 8.0, 3.0};
  model.deployment.start_timeout_s = 500;
  const std::unique_ptr<Runner> runner = make_runner(model, {});
  EXPECT_GT(runner->start().parameters.value_or(0), 0u);
  GenerateRequest request;
  request.prompt = "a red circle moves right";
  request.id = request.prompt.substr(0, 1);
  const BatchOutcome outcome = runner->generate({request}, folder.path() / "out", {}, {});
  ASSERT_FALSE(outcome.failure) << outcome.failure->message << outcome.failure->log_tail;
  ASSERT_TRUE(outcome.samples[0].video) << outcome.samples[0].failure->message;
  EXPECT_EQ(outcome.samples[0].video->frames, 9);
  EXPECT_EQ(media::read_npy_header(outcome.samples[0].video->path).shape,
            (std::vector<size_t>{9, 32, 32, 3}));
}

TEST(Conformance, TheAskedSizeMustCome) {
  registry::Model model = fake_model("ok");
  ConformanceOptions options;
  options.frames = 3;
  options.width = 8;
  EXPECT_TRUE(validate_model(model, {}, options).passed());
}

TEST(Conformance, RunnersWithoutAWorkerAreRefused) {
  registry::Model model = fake_model("ok");
  model.deployment.runner = "null";
  EXPECT_THROW((void)validate_model(model, {}), Error);
}

}  // namespace
}  // namespace vidbench::workers
