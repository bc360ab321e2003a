#include "workers/command_line.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "workers/container.h"

namespace vidbench::workers {
namespace {

constexpr size_t kLongestArgument = 100'000;  // the kernel takes 128 KiB

registry::Values values_of(const registry::CommandPlaces& places, const GenerateRequest& request,
                           const CommandFiles& files) {
  registry::Values values;
  const auto number = [&values](const char* name, const auto& value) {
    if (value) values[name] = fmt::format("{}", *value);
  };
  values["prompt"] = request.prompt;
  if (!request.negative_prompt.empty()) values["negative_prompt"] = request.negative_prompt;
  values["prompt_file"] = files.prompt_file.string();
  values["seed"] = fmt::format("{}", request.seed);
  number("frames", request.frames);
  number("width", request.width);
  number("height", request.height);
  number("steps", request.steps);
  number("fps", request.fps);
  number("guidance", request.guidance);
  if (request.frames) values["frames_minus_1"] = fmt::format("{}", *request.frames - 1);
  if (request.frames && request.fps) {
    const double seconds = *request.frames / *request.fps;
    values["seconds"] = fmt::format("{:g}", seconds);
    values["milliseconds"] = fmt::format("{:.0f}", seconds * 1000);
  }
  if (!request.image.empty()) values["image"] = request.image.path.string();
  if (!request.video.empty()) values["video"] = request.video.path.string();
  values["output_dir"] = files.folder.string();
  values["output"] = (files.folder / "video.mp4").string();
  values["repository"] = places.checkout.string();
  for (const auto& [name, path] : places.weights) values[name.empty() ? "weights" : "weights." + name] = path;
  return values;
}

std::vector<std::pair<std::string, std::string>> environment_of(const registry::CommandTemplate& command,
                                                                const registry::Values& values,
                                                                const std::string& device,
                                                                const RunnerOptions& options) {
  std::vector<std::pair<std::string, std::string>> environment = {{"PYTHONUNBUFFERED", "1"},
                                                                  {"OMP_WAIT_POLICY", "PASSIVE"}};
  if (options.threads > 0) environment.emplace_back("OMP_NUM_THREADS", std::to_string(options.threads));
  if (options.offline)
    for (const char* name : {"HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"}) environment.emplace_back(name, "1");
  if (device == "cpu") environment.emplace_back("CUDA_VISIBLE_DEVICES", "");
  if (device.starts_with("cuda:")) environment.emplace_back("CUDA_VISIBLE_DEVICES", device.substr(5));
  for (const auto& own : command.environment) {
    std::erase_if(environment, [&own](const auto& pair) { return pair.first == own.first; });
    environment.emplace_back(own.first, registry::fill(own.second, values));
  }
  return environment;
}

}  // namespace

std::optional<store::Failure> refusal(const registry::CommandTemplate& command,
                                      const GenerateRequest& request,
                                      const registry::GenerationDefaults& own) {
  for (const std::string* text : {&request.prompt, &request.negative_prompt}) {
    if (text->find('\0') != std::string::npos)
      return store::Failure{"invalid-request", "the prompt holds a NUL character, which no argument can", ""};
    if (text->size() > kLongestArgument)
      return store::Failure{"invalid-request", "the prompt is too long for an argument", ""};
  }
  std::string asked;
  const auto compare = [&](const char* name, const auto& value, const auto& usual,
                           std::initializer_list<const char*> places) {
    const bool taken =
        std::any_of(places.begin(), places.end(), [&](const char* p) { return command.uses(p); });
    if (asked.empty() && value && value != usual && !taken) asked = fmt::format("{} {}", name, *value);
  };
  compare("frames", request.frames, own.frames, {"frames", "frames_minus_1", "seconds", "milliseconds"});
  compare("width", request.width, own.width, {"width"});
  compare("height", request.height, own.height, {"height"});
  compare("steps", request.steps, own.steps, {"steps"});
  compare("fps", request.fps, own.fps, {"fps", "seconds", "milliseconds"});
  compare("guidance", request.guidance, own.guidance, {"guidance"});
  if (asked.empty() && !request.negative_prompt.empty() && !command.uses("negative_prompt"))
    asked = "a negative prompt";
  for (const auto& [name, file] : {std::pair{"image", &request.image}, std::pair{"video", &request.video}}) {
    if (asked.empty() && !file->empty() && !command.uses(name)) asked = std::string("the prompt's ") + name;
    if (file->empty() && command.requires_value(name))
      return store::Failure{"unsupported", fmt::format("the command needs the prompt's {}", name), ""};
  }
  if (asked.empty()) return std::nullopt;
  return store::Failure{"unsupported", fmt::format("the command has no place for {}", asked), ""};
}

CommandLine make_command_line(const registry::CommandTemplate& command, const registry::CommandPlaces& places,
                              const GenerateRequest& request, const CommandFiles& files,
                              const std::string& device, const RunnerOptions& options) {
  const registry::Values values = values_of(places, request, files);
  CommandLine line;
  line.argv = registry::fill_command(command, values);
  line.argv.front() = places.program;
  line.directory = places.checkout.empty() ? files.folder : places.checkout;
  line.environment = environment_of(command, values, device, options);
  line.output = command.output.empty() ? values.at("output") : registry::fill(command.output, values);
  return line;
}

CommandLine in_container(CommandLine line, const CommandFiles& files, const registry::Model& model,
                         const RunnerOptions& options, const std::string& name) {
  const auto engine = registry::find_container_engine();
  if (!engine) throw_environment(fmt::format("model {}: {}", model.id, registry::engine_complaint()));
  ContainerOptions container = container_options(model, options);
  container.name = name;
  container.directory = line.directory;
  if (!files.prompt_file.empty()) container.mounts.push_back({files.prompt_file});
  if (line.directory != files.folder && !line.output.starts_with(files.folder.string()))
    container.mounts.push_back({line.directory, true});
  container.environment.insert(container.environment.end(), line.environment.begin(), line.environment.end());
  line.environment.clear();
  line.argv = container_command(*engine, model.deployment.environment.image, container, line.argv);
  line.cleanup = removal_command(*engine, name);
  return line;
}

}  // namespace vidbench::workers
