#include "workers/conformance.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "base/error.h"
#include "base/files.h"
#include "fake_worker.h"
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
