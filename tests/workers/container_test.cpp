// What is put into a container; that an engine does it is tested in tests/e2e/test_containers.py.
#include "workers/container.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "base/error.h"
#include "base/files.h"
#include "workers/child_process.h"
#include "workers/launch.h"

namespace vidbench::workers {
namespace {
namespace fs = std::filesystem;

const std::string kImage = "docker.io/org/name@sha256:" + std::string(64, 'a');

bool has(const std::vector<std::string>& argv, const std::string& word) {
  return std::find(argv.begin(), argv.end(), word) != argv.end();
}

std::vector<std::string> mounts(const std::vector<std::string>& argv) {
  std::vector<std::string> found;
  std::copy_if(argv.begin(), argv.end(), std::back_inserter(found),
               [](const std::string& word) { return word.starts_with("--mount="); });
  return found;
}

TEST(ContainerCommand, GivesAsLittleAsItMay) {
  ContainerOptions options;
  options.name = "vidbench-1";
  options.environment = {{"A", "b c"}};
  const auto argv = container_command({"/usr/bin/podman"}, kImage, options, {"worker", "--x", "y"});
  EXPECT_EQ(argv[0], "/usr/bin/podman");
  EXPECT_EQ(argv[1], "run");
  for (const char* word : {"--rm", "-i", "--pull=never", "--name=vidbench-1", "--read-only", "--cap-drop=all",
                           "--security-opt=no-new-privileges", "--network=none", "--env=A=b c"})
    EXPECT_TRUE(has(argv, word)) << word;
  EXPECT_EQ(has(argv, "--userns=keep-id"), ::geteuid() != 0);
  EXPECT_EQ(std::vector<std::string>(argv.end() - 4, argv.end()),
            (std::vector<std::string>{"--entrypoint=worker", kImage, "--x", "y"}));
  EXPECT_TRUE(mounts(argv).empty());
}

TEST(ContainerCommand, EachEngineHasItsOwnWordForTheGpu) {
  ContainerOptions options;
  options.gpu = options.network = true;
  const auto podman = container_command({"/usr/bin/podman"}, kImage, options, {"x"});
  EXPECT_TRUE(has(podman, "--device=nvidia.com/gpu=all"));
  EXPECT_FALSE(has(podman, "--network=none"));
  const auto docker = container_command({"/usr/bin/docker", true}, kImage, options, {"x"});
  EXPECT_TRUE(has(docker, "--gpus=all"));
  EXPECT_FALSE(has(docker, "--userns=keep-id"));
}

TEST(ContainerCommand, MountsEachPlaceOnce) {
  ContainerOptions options;
  options.mounts = {{"/a/b"}, {"/a"}, {"/a"}, {"/ab"}, {"/a/out", true}, {"/a/out/x"}, {"/c,d"}};
  EXPECT_EQ(mounts(container_command({"/usr/bin/podman"}, kImage, options, {"x"})),
            (std::vector<std::string>{"--mount=type=bind,source=/a,target=/a,readonly=true",
                                      "--mount=type=bind,source=/a/out,target=/a/out",
                                      "--mount=type=bind,source=/ab,target=/ab,readonly=true",
                                      "--mount=type=bind,\"source=/c,d\",\"target=/c,d\",readonly=true"}));
}

TEST(ContainerOptions, ShowTheModelsOwnFilesAndNoOthers) {
  const TemporaryDirectory home;
  const fs::path weights = home.path() / "w.safetensors", image = home.path() / "start.png",
                 pipeline = home.path() / "pipeline";
  write_file_atomic(weights, "");
  write_file_atomic(image, "");
  fs::create_directories(pipeline);
  registry::Model model;
  model.deployment.runner = "worker";
  model.deployment.device = "cuda:1";
  model.deployment.weights = {{weights, ""}, {home.path() / "absent", ""}};
  model.deployment.settings = {{"path", pipeline.string() + "/"}, {"note", "/etc"}};
  GenerateRequest request;
  request.image = {image, ""};
  const ContainerOptions options =
      container_options(model, with_files({}, home.path() / "out", {&request, 1}));
  std::vector<std::string> read, written;
  for (const Mount& mount : options.mounts) (mount.writable ? written : read).push_back(mount.path);
  EXPECT_EQ(read, (std::vector<std::string>{resource_root() / "python", weights, pipeline, image}));
  EXPECT_EQ(written, std::vector<std::string>{home.path() / "out"});
  EXPECT_TRUE(options.gpu);
  EXPECT_FALSE(options.network);
}

TEST(LaunchWorker, NeverStartsAnImagesProgramOutsideOfIt) {
  ::setenv("VIDBENCH_CONTAINERS", "/nowhere/podman", 1);
  registry::Model model;
  model.deployment.runner = "worker";
  model.deployment.command = {"/bin/sh"};
  model.deployment.environment.image = kImage;
  EXPECT_THROW((void)launch_worker(model, registry::find_environment(model.deployment), {}), Error);
  ::setenv("VIDBENCH_CONTAINERS", "/bin/true", 1);
  const Launch launch = launch_worker(model, registry::find_environment(model.deployment), {}, "box");
  EXPECT_EQ(launch.worker.command.front(), "/bin/true");
  EXPECT_EQ(launch.worker.cleanup.back(), "box");
  EXPECT_TRUE(launch.worker.environment.empty());
  ::unsetenv("VIDBENCH_CONTAINERS");
}

TEST(ContainerName, IsNeverTheSame) { EXPECT_NE(new_container_name(), new_container_name()); }

// What a program leaves to a daemon: here a file.
TEST(Cleanup, RunsHoweverTheProgramEnds) {
  for (const bool killed : {false, true}) {
    const TemporaryDirectory folder;
    const fs::path left = folder.path() / "left";
    write_file_atomic(left, "");
    ChildOptions options;
    options.argv = {"/bin/sh", "-c", killed ? "trap '' TERM; sleep 600" : "exit 7"};
    options.supervised = true;
    options.cleanup = {"/bin/sh", "-c", "sleep 0.3; rm '" + left.string() + "'"};
    ChildProcess child(options);
    if (killed) child.terminate(0.1);
    const auto status = child.wait(30);
    ASSERT_TRUE(status);
    EXPECT_EQ(status->signalled, killed);
    EXPECT_TRUE(killed || status->value == 7);
    EXPECT_FALSE(fs::exists(left)) << "it is waited for, and SIGTERM to the group does not end it";
  }
}

}  // namespace
}  // namespace vidbench::workers
