#include <fmt/format.h>

#include <functional>
#include <map>

#include "base/error.h"
#include "base/strings.h"
#include "workers/builtin_runners.h"

namespace vidbench::workers {
namespace {

using Make = std::function<std::unique_ptr<Runner>(const registry::Model&, const RunnerOptions&)>;

// A new kind is one file, one line here, its name in registry::runner_kinds() and a test.
void register_builtin(std::map<std::string, Make>& kinds) {
  kinds["worker"] = make_process_runner;
  kinds["diffusers"] = make_process_runner;
  kinds["command"] = make_command_runner;
  kinds["http"] = make_http_runner;
  kinds["null"] = make_null_runner;
  kinds["replay"] = make_replay_runner;
}

template <typename T>
void fill(std::optional<T>& value, const std::optional<T>& fallback) {
  if (!value) value = fallback;
}

}  // namespace

std::unique_ptr<Runner> make_runner(const registry::Model& model, const RunnerOptions& options) {
  std::map<std::string, Make> kinds;
  register_builtin(kinds);
  const auto found = kinds.find(model.deployment.runner);
  if (found != kinds.end()) return found->second(model, options);
  std::vector<std::string> names;
  for (const auto& [name, make] : kinds) names.push_back(name);
  throw_input(fmt::format("{}: model '{}' has the unknown runner '{}'", model.origin, model.id,
                          model.deployment.runner),
              suggestion(model.deployment.runner, names));
}

RunnerOptions with_files(RunnerOptions options, const std::filesystem::path& output_folder,
                         std::span<const GenerateRequest> requests) {
  options.output_folder = output_folder;
  for (const GenerateRequest& request : requests)
    for (const InputFile* file : {&request.image, &request.video})
      if (!file->empty()) options.input_files.push_back(file->path);
  return options;
}

GenerateRequest with_defaults(GenerateRequest request, const registry::GenerationDefaults& defaults) {
  fill(request.frames, defaults.frames);
  fill(request.width, defaults.width);
  fill(request.height, defaults.height);
  fill(request.steps, defaults.steps);
  fill(request.fps, defaults.fps);
  fill(request.guidance, defaults.guidance);
  return request;
}

}  // namespace vidbench::workers
