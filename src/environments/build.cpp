#include "environments/build.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/log.h"
#include "base/strings.h"
#include "base/time.h"
#include "blobs/file_lock.h"
#include "environments/program.h"
#include "registry/program.h"
#include "workers/container.h"

namespace vidbench::environments {
namespace fs = std::filesystem;
namespace {

// A virtual environment of one made elsewhere would hide that it is one: the base interpreter makes it.
fs::path base_python(const registry::Environment& environment) {
  const std::string name = "python" + (environment.python_version.empty() ? "3" : environment.python_version);
  const registry::ProgramSearch python = registry::find_program(name);
  if (!python.path)
    throw_environment(fmt::format("environment {}: {}", environment.name, python.complaint(name)),
                      fmt::format("install Python {}",
                                  environment.python_version.empty() ? "3" : environment.python_version));
  return *python.path;
}

// The engine checks what it pulls against the digest; it is asked again all the same.
Built pull_image(const registry::Environment& environment, const BuildOptions& options,
                 const std::stop_token& stop) {
  if (environment.ready()) return Built::kAlreadyThere;
  const auto engine = registry::find_container_engine();
  if (environment.state != registry::EnvironmentState::kMissing || !engine)
    throw_environment(environment.lack());
  const TemporaryDirectory scratch("vidbench-pull");
  Program program;
  program.argv = {engine->program.string(), "pull", environment.image};
  program.log = scratch.path() / "pull.log";
  program.on_line = options.on_line;
  run_program(program, stop);
  registry::Deployment deployment;
  deployment.environment.image = environment.image;
  const registry::Environment pulled = workers::look_up_environment(deployment);
  if (!pulled.ready()) throw_environment(fmt::format("after the pull: {}", pulled.lack()));
  return Built::kBuilt;
}

class Builder {
 public:
  Builder(const registry::Environment& environment, const BuildOptions& options, const std::stop_token& stop)
      : environment_(environment), options_(options), stop_(stop) {}

  void run() {
    std::error_code ec;
    fs::remove_all(folder(), ec);
    fs::remove(log(), ec);
    execute({base_python(environment_).string(), "-m", "venv", folder().string()});
    const fs::path requirements = folder() / "requirements.txt";
    write_file_atomic(requirements, join(environment_.requirements.lines, "\n") + "\n", Durability::kCrash);
    pip({"install", "--progress-bar", "off", "-r", requirements.string()});
    pip({"check"});
    finish();
  }

 private:
  [[nodiscard]] const fs::path& folder() const { return environment_.folder; }
  [[nodiscard]] fs::path log() const { return folder().string() + ".log"; }
  [[nodiscard]] std::string python() const { return (folder() / "bin/python").string(); }

  void execute(std::vector<std::string> argv, const fs::path& log_file = {}) {
    Program program;
    program.argv = std::move(argv);
    program.log = log_file.empty() ? log() : log_file;
    program.environment = {{"PIP_DISABLE_PIP_VERSION_CHECK", "1"}, {"PIP_NO_INPUT", "1"}, {"PYTHONPATH", ""}};
    if (log_file.empty()) program.on_line = options_.on_line;
    run_program(program, stop_);
  }

  void pip(std::vector<std::string> arguments) {
    std::vector<std::string> argv = {python(), "-m", "pip"};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    execute(std::move(argv));
  }

  // environment.json last: it says that everything before it is there.
  void finish() {
    const fs::path lock = folder() / "lock.txt";
    execute({python(), "-m", "pip", "freeze"}, lock);
    const TemporaryDirectory scratch("vidbench-environment");
    execute({python(), "-c", "import platform; print(platform.python_version())"},
            scratch.path() / "version");
    const Json json = {{"schema", "vidbench.environment/1"},
                       {"name", environment_.name},
                       {"python", trim(read_file(scratch.path() / "version", 1000))},
                       {"locked", environment_.requirements.locked},
                       {"lock_sha256", sha256_file(lock)},
                       {"created_at", now_rfc3339()}};
    write_file_atomic(folder() / registry::kEnvironmentFile, document(json) + "\n");
  }

  const registry::Environment& environment_;
  const BuildOptions& options_;
  const std::stop_token& stop_;
};

}  // namespace

Built build(const registry::Environment& environment, const BuildOptions& options,
            const std::stop_token& stop) {
  if (!environment.image.empty()) return pull_image(environment, options, stop);
  if (environment.folder.empty())
    throw_input(environment.problem.empty() ? "the model names no environment that could be built"
                                            : environment.problem,
                "name packages and versions in the requirements file");
  fs::create_directories(environment.folder.parent_path());
  const blobs::FileLock lock(environment.folder.string() + ".lock", stop, [](const fs::path&) {
    log_info("another process builds this environment: waiting");
  });
  std::error_code ec;
  if (fs::is_regular_file(environment.folder / registry::kEnvironmentFile, ec)) return Built::kAlreadyThere;
  Builder(environment, options, stop).run();
  return Built::kBuilt;
}

}  // namespace vidbench::environments
