#include "workers/launch.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <algorithm>
#include <cstdlib>

#include "base/files.h"
#include "base/strings.h"

namespace vidbench::workers {
namespace {

std::string python_sdk() { return (resource_root() / "python").string(); }

}  // namespace

std::vector<std::string> command_of(const registry::Model& model, const registry::Environment& environment) {
  const registry::Deployment& deployment = model.deployment;
  std::string python = environment.python.string();
  if (python.empty() && !environment.folder.empty()) python = (environment.folder / "bin/python").string();
  if (python.empty()) python = "python3";
  if (deployment.runner == "diffusers") return {python, "-m", "vidbench_worker", "diffusers"};
  std::vector<std::string> command = deployment.command;
  const bool named = environment.state != registry::EnvironmentState::kNone && environment.image.empty();
  if (named && (command.front() == "python" || command.front() == "python3")) command.front() = python;
  return command;
}

HeldEnvironment hold_environment(const registry::Model& model) {
  HeldEnvironment held{look_up_environment(model.deployment), {}};
  const registry::Environment& environment = held.environment;
  if (!environment.ready() && !environment.image.empty())
    throw_environment(fmt::format("model {}: {}", model.id, environment.lack_and_remedy(model.id)));
  if (!environment.ready())
    throw_environment(
        fmt::format("model {}: {}", model.id, environment.lack()),
        fmt::format("vidbench environments build {}, or set VIDBENCH_PYTHON to an interpreter", model.id));
  if (environment.state != registry::EnvironmentState::kBuilt) return held;
  const auto file = environment.folder / registry::kEnvironmentFile;
  held.lock = Descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (held.lock.get() < 0 || ::flock(held.lock.get(), LOCK_SH | LOCK_NB) != 0)
    throw_environment(
        fmt::format("model {}: its environment {} is being removed", model.id, environment.name),
        fmt::format("vidbench environments build {}", model.id));
  return held;
}

Launch launch_worker(const registry::Model& model, const registry::Environment& environment,
                     const RunnerOptions& options, const std::string& container) {
  Launch launch{worker_options(command_of(model, environment), options), ""};
  if (environment.image.empty()) return launch;
  const auto engine = registry::find_container_engine();
  if (!engine) throw_environment(fmt::format("model {}: {}", model.id, registry::engine_complaint()));
  ContainerOptions inside = container_options(model, options);
  inside.name = launch.container = container;
  for (auto& [name, value] : launch.worker.environment)  // the caller's own modules are not there
    inside.environment.emplace_back(name, name == "PYTHONPATH" ? python_sdk() : value);
  launch.worker.environment.clear();
  launch.worker.command = container_command(*engine, environment.image, inside, launch.worker.command);
  launch.worker.cleanup = removal_command(*engine, container);
  return launch;
}

WorkerOptions worker_options(std::vector<std::string> command, const RunnerOptions& options) {
  const char* python_path = std::getenv("PYTHONPATH");
  std::string path = python_sdk();
  if (python_path != nullptr && *python_path != '\0') path += std::string(":") + python_path;
  WorkerOptions worker;
  worker.command = std::move(command);
  worker.log_path = options.log_path;
  worker.grace_s = options.shutdown_grace_s;
  worker.environment = {
      {"PYTHONPATH", path},
      {"PYTHONUNBUFFERED", "1"},
      // Threads that spin at a barrier slow a busy machine down twentyfold (docs/performance.md).
      {"OMP_WAIT_POLICY", "PASSIVE"}};
  // Numeric libraries read it once, before a worker could be told by `initialize`.
  if (options.threads > 0)
    worker.environment.emplace_back("OMP_NUM_THREADS", std::to_string(options.threads));
  if (options.offline)
    for (const char* name : {"HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"})
      worker.environment.emplace_back(name, "1");
  return worker;
}

Json initialize(WorkerProcess& worker, const RunnerOptions& options, const std::string& capability,
                double timeout_s) {
  const Json params = {
      {"protocol", kProtocol}, {"client", "vidbench " VIDBENCH_VERSION}, {"threads", options.threads}};
  Json result = worker.request("initialize", params, {timeout_s, timeout_s});
  const auto refuse = [&worker](const std::string& kind, const std::string& message) {
    worker.kill();
    throw WorkerError({kind, message, worker.log_tail()});
  };
  if (!result.is_object() || !result.contains("protocol"))
    refuse("bad-output", "the answer to 'initialize' names no protocol");
  if (result["protocol"] != kProtocol)
    refuse("unsupported",
           fmt::format("the worker speaks {}, not {}", one_line(result["protocol"].dump()), kProtocol));
  const Json capabilities = result.value("capabilities", Json::array());
  if (std::find(capabilities.begin(), capabilities.end(), capability) == capabilities.end())
    refuse("unsupported", fmt::format("the worker does not offer '{}'", capability));
  return result;
}

}  // namespace vidbench::workers
