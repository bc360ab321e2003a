// Requirements files, and where the environment that a deployment names is found.
#include "registry/environment.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "base/error.h"
#include "base/files.h"
#include "registry/container_engine.h"

namespace vidbench::registry {
namespace {
namespace fs = std::filesystem;

// An environment variable that is put back at the end.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) {
    if (const char* old = std::getenv(name)) old_ = old;
    value == nullptr ? ::unsetenv(name) : ::setenv(name, value, 1);
  }
  ~Variable() { old_ ? ::setenv(name_, old_->c_str(), 1) : ::unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
  std::optional<std::string> old_;
};

class EnvironmentTest : public testing::Test {
 protected:
  EnvironmentTest() { fs::create_directories(root() / "suites"); }

  fs::path write(const std::string& name, const std::string& content) {
    write_file_atomic(root() / name, content);
    return root() / name;
  }
  [[nodiscard]] const fs::path& root() const { return root_.path(); }
  static Deployment deployment(const std::string& requirements) {
    Deployment deployment;
    deployment.runner = "worker";
    deployment.environment.requirements = requirements;
    return deployment;
  }

 private:
  TemporaryDirectory root_{"environment"};
  Variable home_{"VIDBENCH_HOME", root_.path().c_str()}, data_{"XDG_DATA_HOME", root_.path().c_str()},
      python_{"VIDBENCH_PYTHON", nullptr};
};

TEST_F(EnvironmentTest, RequirementsAreReadAsPipReadsThem) {
  write("base.txt", "numpy==2.4.6\n");
  const fs::path file =
      write("all.txt",
            "# a comment\n-r base.txt\nSome_Package[extra]==1.0 ; python_version > '3.8' # why\r\n"
            "\ntorch==2.13.0 \\\n  --hash=sha256:00\n--extra-index-url https://example.org\n");
  const Requirements requirements = read_requirements(file);
  EXPECT_TRUE(requirements.locked);
  EXPECT_EQ(requirements.pinned, (std::vector<std::pair<std::string, std::string>>{
                                     {"numpy", "2.4.6"}, {"some-package", "1.0"}, {"torch", "2.13.0"}}));
  EXPECT_EQ(requirements.lines.size(), 4u);
}

TEST_F(EnvironmentTest, WhatIsNotPinnedIsNoLock) {
  for (const char* line : {"numpy", "numpy>=2", "numpy==2.*", "numpy!=1,==2.0", "git+https://example.org/x"})
    EXPECT_FALSE(read_requirements(write("loose.txt", line)).locked) << line;
}

TEST_F(EnvironmentTest, WhatCannotBeSharedIsRefusedWithItsLine) {
  try {
    (void)read_requirements(write("editable.txt", "numpy==1.0\n-e .\n"));
    FAIL();
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find("editable.txt:2"), std::string::npos) << e.what();
  }
  EXPECT_THROW((void)read_requirements(write("loop.txt", "-r loop.txt\n")), Error);
  EXPECT_THROW((void)read_requirements(root() / "absent.txt"), Error);
}

TEST_F(EnvironmentTest, TheNameFollowsFromTheContent) {
  write("a.txt", "numpy==2.4.6 # today\n");
  const std::string first = find_environment(deployment("a.txt")).name;
  write("a.txt", "# tomorrow\nnumpy==2.4.6\n");
  EXPECT_EQ(find_environment(deployment("a.txt")).name, first);
  write("a.txt", "numpy==2.4.7\n");
  EXPECT_NE(find_environment(deployment("a.txt")).name, first);
  EXPECT_TRUE(first.starts_with("a-"));
}

TEST_F(EnvironmentTest, IsMissingThenBuilt) {
  write("a.txt", "numpy==2.4.6\n");
  const Environment missing = find_environment(deployment("a.txt"));
  EXPECT_EQ(missing.state, EnvironmentState::kMissing);
  EXPECT_FALSE(missing.ready());
  write_file_atomic(missing.folder / kEnvironmentFile, "{}");
  const Environment built = find_environment(deployment("a.txt"));
  EXPECT_EQ(built.state, EnvironmentState::kBuilt);
  EXPECT_EQ(built.python, missing.folder / "bin/python");
}

TEST_F(EnvironmentTest, TheInstallationsOwnIsTakenWhenItHasTheSamePackages) {
  write("a.txt", "Typing.Extensions==4.1\ntorch==2.13.0\n");
  write(".venv/bin/python", "");
  write(".venv/lib/python3.11/site-packages/typing_extensions-4.1.dist-info/METADATA", "");
  write(".venv/lib/python3.11/site-packages/torch-2.12.0.dist-info/METADATA", "");
  EXPECT_EQ(find_environment(deployment("a.txt")).state, EnvironmentState::kMissing);
  write(".venv/lib/python3.11/site-packages/torch-2.13.0+cpu.dist-info/METADATA", "");
  EXPECT_EQ(find_environment(deployment("a.txt")).state, EnvironmentState::kAdopted);
}

TEST_F(EnvironmentTest, AChosenInterpreterStandsForAll) {
  write("a.txt", "numpy==2.4.6\n");
  const Variable python("VIDBENCH_PYTHON", "/bin/sh");
  const Environment chosen = find_environment(deployment("a.txt"));
  EXPECT_EQ(chosen.state, EnvironmentState::kChosen);
  EXPECT_EQ(chosen.python, "/bin/sh");
}

TEST_F(EnvironmentTest, ACheckoutBringsItsOwnFile) {
  Deployment toy = deployment("checkout:requirements.txt");
  toy.settings["directory"] = (root() / "toy").string();
  const Environment absent = find_environment(toy);
  EXPECT_EQ(absent.state, EnvironmentState::kUnbuildable);
  EXPECT_NE(absent.problem.find("requirements.txt is not there"), std::string::npos);
  write("toy/requirements.txt", "numpy\n");
  EXPECT_EQ(find_environment(toy).state, EnvironmentState::kMissing);
}

TEST_F(EnvironmentTest, ABrokenFileIsAProblemOfThisEnvironmentAlone) {
  write("a.txt", "numpy==1.0\n-e .\n");
  const Environment broken = find_environment(deployment("a.txt"));
  EXPECT_EQ(broken.state, EnvironmentState::kUnbuildable);
  EXPECT_NE(broken.lack().find("a.txt:2"), std::string::npos) << broken.lack();
}

TEST_F(EnvironmentTest, AChosenInterpreterLeavesTheNameAsItIs) {
  write("a.txt", "numpy==2.4.6\n");
  const Environment usual = find_environment(deployment("a.txt"));
  const Variable python("VIDBENCH_PYTHON", "/bin/sh");
  const Environment chosen = find_environment(deployment("a.txt"));
  EXPECT_EQ(chosen.name, usual.name) << "so that gc knows what is named";
  EXPECT_EQ(chosen.folder, usual.folder);
  EXPECT_EQ(chosen.content_name(), "") << "what it has is not known";
}

Deployment in_image(const std::string& image) {
  Deployment deployment;
  deployment.runner = "worker";
  deployment.command = {"/bin/worker-of-the-image"};
  deployment.environment.image = image;
  return deployment;
}

const std::string kDigest = "sha256:" + std::string(64, 'a');

TEST_F(EnvironmentTest, AnImageIsKnownByItsDigestAndNotLookedFor) {
  const Variable engine("VIDBENCH_CONTAINERS", "/bin/sh");
  const Variable python("VIDBENCH_PYTHON", "/bin/sh");
  const Environment image = find_environment(in_image("docker.io/org/name@" + kDigest));
  EXPECT_EQ(image.state, EnvironmentState::kImage) << "a chosen interpreter is none of the image's";
  EXPECT_TRUE(image.ready());
  EXPECT_EQ(image.content_name(), kDigest);
  EXPECT_EQ(find_environment(in_image(kDigest)).content_name(), kDigest);
  EXPECT_TRUE(image.folder.empty()) << "so that gc removes nothing";
}

TEST_F(EnvironmentTest, WithoutAnEngineAnImageIsOfNoUse) {
  const Variable engine("VIDBENCH_CONTAINERS", "/nowhere/podman");
  const Environment image = find_environment(in_image(kDigest));
  EXPECT_FALSE(image.ready());
  EXPECT_NE(image.lack().find("/nowhere/podman"), std::string::npos) << image.lack();
  EXPECT_EQ(image.content_name(), kDigest) << "what it would compute is known";
}

TEST_F(EnvironmentTest, TheEngineIsFoundByItsName) {
  write("docker", "");
  write("podman", "");
  fs::permissions(root() / "docker", fs::perms::owner_all);
  const Variable path("PATH", root().c_str());
  const Variable chosen("VIDBENCH_CONTAINERS", nullptr);
  ASSERT_TRUE(find_container_engine());
  EXPECT_TRUE(find_container_engine()->is_docker);
  fs::permissions(root() / "podman", fs::perms::owner_all);
  EXPECT_EQ(find_container_engine()->program, root() / "podman");
  EXPECT_FALSE(find_container_engine()->is_docker);
  const Variable docker("VIDBENCH_CONTAINERS", "docker");
  EXPECT_EQ(find_container_engine()->program, root() / "docker");
}

TEST(ImageName, OnlyADigestSaysWhichImage) {
  for (const std::string good : {"docker.io/org/name@", "localhost/name@", "host:5000/a/b-c_d.e@", ""})
    EXPECT_EQ(fault_of_image(good + kDigest).message, "") << good;
  for (const std::string bad : {"docker.io/org/name:1@", "org/name@", "name@", "@", "docker.io/@",
                                "docker.io//a@", "docker.io/Org@", "-v.x/a@", "docker.io/a b@"})
    EXPECT_NE(fault_of_image(bad + kDigest).message, "") << bad;
  for (const std::string bad :
       {"", "docker.io/org/name", "docker.io/org/name:latest", "docker.io/a@sha256:12"})
    EXPECT_NE(fault_of_image(bad).hint.find("podman image inspect"), std::string::npos) << bad;
}

TEST_F(EnvironmentTest, NoneIsNeededWhereNoneIsNamed) {
  EXPECT_EQ(find_environment(deployment("")).state, EnvironmentState::kNone);
}

}  // namespace
}  // namespace vidbench::registry
