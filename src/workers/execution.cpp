#include "workers/execution.h"

#include <fmt/format.h>

#include "base/error.h"
#include "workers/builtin_runners.h"
#include "workers/command_line.h"
#include "workers/http_runner.h"
#include "workers/launch.h"
#include "workers/process_runner.h"

namespace vidbench::workers {
namespace {

Execution command_execution(const registry::Model& model, const GenerateRequest& request,
                            const RunnerOptions& options) {
  const auto command = registry::read_command_template(model.deployment);
  const auto complete = with_defaults(request, model.deployment.defaults);
  if (const auto refused = refusal(command, complete, model.deployment.defaults))
    throw_input(fmt::format("model {}: {}", model.id, refused->message));
  const std::string device = options.device == "auto" ? model.deployment.device : options.device;
  const CommandFiles files{"{output_dir}", command.uses("prompt_file") ? "{prompt_file}" : ""};
  CommandLine line =
      make_command_line(command, registry::find_places(model.deployment), complete, files, device, options);
  if (!model.deployment.environment.image.empty())
    line = in_container(std::move(line), files, model, with_files(options, files.folder, {&request, 1}),
                        "{container}");
  return {line.argv, line.directory, line.environment, Json::array(), nullptr};
}

Execution worker_execution(const registry::Model& model, const GenerateRequest& request,
                           const RunnerOptions& options) {
  const registry::Environment environment = registry::find_environment(model.deployment);
  const RunnerOptions own = with_files(options, "{output_dir}", {&request, 1});
  const WorkerOptions worker = launch_worker(model, environment, own, "{container}").worker;
  const Json generate = {{"output_dir", "{output_dir}"},
                         {"requests", {request_to_json(with_defaults(request, model.deployment.defaults))}}};
  return {worker.command,
          "",
          worker.environment,
          {{{"method", "load"}, {"params", load_params(model, options)}},
           {{"method", "generate"}, {"params", generate}}},
          nullptr};
}

std::string quoted(const std::string& text) {
  constexpr const char* kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./:,@%{}";
  if (!text.empty() && text.find_first_not_of(kPlain) == std::string::npos) return text;
  std::string result = "'";
  for (const char c : text) c == '\'' ? result += "'\\''" : result += c;
  return result + "'";
}

}  // namespace

Execution describe_execution(const registry::Model& model, const GenerateRequest& request,
                             const RunnerOptions& options) {
  if (model.deployment.runner == "command") return command_execution(model, request, options);
  if (model.deployment.runner == "worker" || model.deployment.runner == "diffusers")
    return worker_execution(model, request, options);
  Execution execution;
  if (model.deployment.runner == "http") execution.request = to_json(describe_request(model, request));
  return execution;
}

Json to_json(const Execution& execution) {
  if (!execution.request.is_null()) return {{"request", execution.request}};
  Json environment = Json::object();
  for (const auto& [name, value] : execution.environment) environment[name] = value;
  Json json = {{"argv", execution.argv}, {"environment", environment}};
  if (!execution.directory.empty()) json["directory"] = execution.directory.string();
  if (!execution.messages.empty()) json["messages"] = execution.messages;
  return json;
}

std::string shell_text(const Execution& execution) {
  if (!execution.request.is_null())
    return fmt::format("{} {}", execution.request["method"].get<std::string>(),
                       execution.request["url"].get<std::string>());
  std::string text;
  if (!execution.directory.empty()) text += fmt::format("cd {} && ", quoted(execution.directory.string()));
  for (const auto& [name, value] : execution.environment) text += fmt::format("{}={} ", name, quoted(value));
  for (size_t i = 0; i < execution.argv.size(); ++i) text += (i == 0 ? "" : " ") + quoted(execution.argv[i]);
  return text;
}

}  // namespace vidbench::workers
