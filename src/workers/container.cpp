#include "workers/container.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cctype>
#include <charconv>

#include "base/files.h"
#include "base/strings.h"
#include "base/time.h"
#include "blobs/hub_cache.h"
#include "registry/command_places.h"
#include "registry/hub_files.h"
#include "registry/weight_sources.h"
#include "workers/ask.h"

namespace vidbench::workers {
namespace fs = std::filesystem;
namespace {

constexpr double kEngineSeconds = 60;

bool says_absent(const std::string& output) {
  const std::string text = lower(output);
  return text.find("no such image") != std::string::npos || text.find("image not known") != std::string::npos;
}

void look_up_image(registry::Environment& environment) {
  using State = registry::EnvironmentState;
  const std::string engine = registry::find_container_engine().value().program.string();
  const Answer answer =
      ask({engine, "image", "inspect", "--format", "{{.Id}} {{json .RepoDigests}}", environment.image},
          kEngineSeconds);
  const std::string digest = registry::image_digest(environment.image).substr(sizeof "sha256:" - 1);
  if (answer.ok && answer.output.find(digest) != std::string::npos) {
    environment.state = State::kPulled;
  } else if (answer.ok || says_absent(answer.output)) {
    const bool local = registry::is_local_image(environment.image);
    environment.state = local ? State::kUnbuildable : State::kMissing;
    if (local)
      environment.problem =
          fmt::format("image {} is not there, and without a name it cannot be pulled ({} load)",
                      environment.image, engine);
  } else {
    environment.state = State::kUnbuildable;
    environment.problem = fmt::format("{} cannot be asked for images: it {}: {}", engine, answer.end,
                                      one_line(trim(answer.output)));
  }
}

fs::path plain(const fs::path& path) {
  const fs::path normal = path.lexically_normal();
  return normal.has_filename() ? normal : normal.parent_path();
}

bool covers(const Mount& mount, const Mount& other) {
  const std::string& folder = mount.path.native();
  return mount.writable >= other.writable && other.path.native().starts_with(folder) &&
         (other.path == mount.path || other.path.native()[folder.size()] == '/');
}

// Without those that stand in a folder which is there anyway.
std::vector<Mount> merged(std::vector<Mount> mounts) {
  std::sort(mounts.begin(), mounts.end(), [](const Mount& a, const Mount& b) {
    return a.path == b.path ? a.writable > b.writable : a.path < b.path;
  });
  std::vector<Mount> kept;
  for (Mount& mount : mounts)
    if (std::none_of(kept.begin(), kept.end(), [&](const Mount& other) { return covers(other, mount); }))
      kept.push_back(std::move(mount));
  return kept;
}

// A field of the CSV that --mount takes.
std::string field(const std::string& name, const fs::path& path) {
  std::string text = name + "=" + path.string();
  if (text.find_first_of(",\"\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + "\"";
}

void add_weights(const registry::Model& model, std::vector<fs::path>& paths) {
  for (const registry::WeightFile& file : model.deployment.weights) paths.push_back(file.path);
  Json settings = model.deployment.settings;
  for (const Json* source : registry::weight_sources(settings))
    for (const char* key : {"path", "weights"})
      if (source->contains(key) && source->at(key).is_string())
        paths.emplace_back(source->at(key).get<std::string>());
  if (model.deployment.runner == "command")
    for (const auto& [name, path] : registry::find_places(model.deployment).weights) paths.emplace_back(path);
  const blobs::Store store = blobs::Store::open_default();
  const fs::path cache = blobs::hub_cache();
  for (const blobs::Reference& reference : registry::hub_references(model.deployment))
    if (const auto found = blobs::find_files(store, cache, reference))
      paths.push_back(found->in_store ? store.root() : cache);
}

}  // namespace

registry::Environment look_up_environment(const registry::Deployment& deployment) {
  registry::Environment environment = registry::find_environment(deployment);
  if (environment.state == registry::EnvironmentState::kImage) look_up_image(environment);
  return environment;
}

registry::Environment ask_engine(registry::Model& model) {
  registry::Environment environment = registry::find_environment(model.deployment);
  if (environment.state != registry::EnvironmentState::kImage) return environment;
  look_up_image(environment);
  if (!environment.ready()) model.missing.push_back(environment.lack_and_remedy(model.id));
  return environment;
}

ContainerOptions container_options(const registry::Model& model, const RunnerOptions& options) {
  ContainerOptions container;
  const std::string device = options.device == "auto" ? model.deployment.device : options.device;
  container.gpu = device.starts_with("cuda");
  container.network = !options.offline;
  std::vector<fs::path> paths = {resource_root() / "python", registry::checkout_of(model.deployment)};
  add_weights(model, paths);
  paths.insert(paths.end(), options.input_files.begin(), options.input_files.end());
  for (const fs::path& path : paths) {
    std::error_code ec;
    if (path.is_absolute() && fs::exists(path, ec)) container.mounts.push_back({plain(path)});
  }
  if (!options.output_folder.empty()) container.mounts.push_back({plain(options.output_folder), true});
  const fs::path cache = blobs::hub_cache();
  if (container.network) {  // it is for downloads
    fs::create_directories(cache);
    container.mounts.push_back({plain(cache), true});
  }
  container.environment = {{"HOME", "/tmp"}, {"HF_HUB_CACHE", cache.string()}};
  return container;
}

std::string new_container_name() {
  static std::atomic<int> count{0};
  return fmt::format("vidbench-{}-{:x}-{}", ::getpid(), monotonic_ns(), ++count);
}

std::vector<std::string> container_command(const registry::ContainerEngine& engine, const std::string& image,
                                           const ContainerOptions& options,
                                           const std::vector<std::string>& command) {
  std::vector<std::string> argv = {
      engine.program.string(), "run", "--rm", "-i", "--pull=never", "--name=" + options.name, "--read-only",
      "--tmpfs=/tmp:rw,exec,nosuid,nodev,mode=1777", "--cap-drop=all", "--security-opt=no-new-privileges",
      // The mounts keep their labels, which SELinux would hold against us.
      "--security-opt=label=disable", fmt::format("--user={}:{}", ::geteuid(), ::getegid())};
  if (!engine.is_docker && ::geteuid() != 0) argv.emplace_back("--userns=keep-id");
  if (!options.network) argv.emplace_back("--network=none");
  if (options.gpu) argv.emplace_back(engine.is_docker ? "--gpus=all" : "--device=nvidia.com/gpu=all");
  for (const Mount& mount : merged(options.mounts))
    argv.push_back(fmt::format("--mount=type=bind,{},{}{}", field("source", mount.path),
                               field("target", mount.path), mount.writable ? "" : ",readonly=true"));
  for (const auto& [name, value] : options.environment) argv.push_back("--env=" + name + "=" + value);
  if (!options.directory.empty()) argv.push_back("--workdir=" + options.directory.string());
  argv.push_back("--entrypoint=" + command.front());
  argv.push_back(image);
  argv.insert(argv.end(), command.begin() + 1, command.end());
  return argv;
}

std::vector<std::string> removal_command(const registry::ContainerEngine& engine, const std::string& name) {
  if (engine.is_docker) return {engine.program.string(), "rm", "--force", name};
  return {engine.program.string(), "rm", "--force", "--ignore", "--time=0", name};
}

pid_t container_pid(const std::string& name) {
  const auto engine = registry::find_container_engine();
  if (!engine) return -1;
  const Answer answer =
      ask({engine->program.string(), "inspect", "--format", "{{.State.Pid}}", name}, kEngineSeconds);
  const std::string text = trim(answer.output);
  pid_t pid = -1;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), pid);
  return answer.ok && end.ptr == text.data() + text.size() && pid > 0 ? pid : -1;
}

}  // namespace vidbench::workers
