#include <fmt/format.h>

#include "base/error.h"
#include "base/files.h"
#include "base/log.h"
#include "base/strings.h"
#include "cli/context.h"
#include "registry/registry.h"
#include "workers/conformance.h"
#include "workers/http_runner.h"

namespace vidbench::cli {
namespace {

struct ModelsArguments {
  std::string model, format, device = "auto";
  bool online = false;
  workers::ConformanceOptions conformance;
  workers::GenerateRequest request;
};

void list(const ModelsArguments& arguments) {
  const auto registry = registry::Registry::load_default();
  if (arguments.format == "json") {
    Json models = Json::array();
    for (const auto& model : registry.models()) {
      Json json = registry::to_json(model);
      json["runnable"] = model.runnable();
      json["missing"] = model.missing;
      json["runner"] = model.deployment.runner;
      models.push_back(std::move(json));
    }
    print_json(Json{{"schema", "vidbench.models/1"}, {"models", models}});
    return;
  }
  report::Table table;
  table.columns = {{"model"}, {"family"}, {"runner"}, {"runs here"}, {"licence"}, {"title"}};
  for (const auto& model : registry.models())
    table.rows.push_back({{model.id},
                          {model.family},
                          {model.deployment.runner},
                          {model.runnable() ? "yes" : "no: " + join(model.missing, "; ")},
                          {model.licence},
                          {model.title}});
  print_table(table, arguments.format);
}

void show(const ModelsArguments& arguments) {
  const auto registry = registry::Registry::load_default();
  const auto& model = registry.find(arguments.model);
  Json json = registry::to_json(model);
  json["runnable"] = model.runnable();
  json["missing"] = model.missing;
  if (arguments.format == "json") {
    json["schema"] = "vidbench.model/1";
    print_json(json);
    return;
  }
  report::Table table;
  table.columns = {{"field"}, {"value"}};
  for (const auto& [key, value] : json.items())
    table.rows.push_back({{key}, {value.is_string() ? value.get<std::string>() : value.dump()}});
  print_table(table, arguments.format);
}

void validate(const ModelsArguments& arguments, Context& context) {
  const auto registry = registry::Registry::load_default();
  const TemporaryDirectory logs("vidbench-validate");
  workers::RunnerOptions options;
  options.log_path = logs.path() / "worker.log";
  options.device = arguments.device;
  options.offline = !arguments.online;
  log_info("validating " + arguments.model + " …");
  const auto report = workers::validate_model(registry.find(arguments.model), options, arguments.conformance);
  if (arguments.format == "json") {
    Json json = workers::to_json(report);
    json["schema"] = "vidbench.validation/1";
    print_json(json);
  } else {
    report::Table table;
    table.columns = {{"check"}, {"result"}, {"detail"}};
    for (const auto& check : report.checks)
      table.rows.push_back({{check.name},
                            {check.passed     ? "passed"
                             : check.required ? "FAILED"
                                              : "warning",
                             check.passed ? report::Emphasis::kGood : report::Emphasis::kBad},
                            {check.detail}});
    print_table(table, arguments.format);
  }
  if (!report.passed()) context.exit_code = static_cast<int>(ErrorCode::kGateFailed);
}

void show_request(const ModelsArguments& arguments) {
  const auto registry = registry::Registry::load_default();
  const auto description = workers::describe_request(registry.find(arguments.model), arguments.request);
  Json json = workers::to_json(description);
  if (arguments.format == "json") {
    json["schema"] = "vidbench.request/1";
    print_json(json);
    return;
  }
  print(fmt::format("{} {}\n", description.method, description.url));
  for (const auto& [name, value] : description.headers) print(fmt::format("{}: {}\n", name, value));
  if (!description.body.is_null()) print("\n" + document(description.body) + "\n");
}

void add_request_command(CLI::App& models, const std::shared_ptr<ModelsArguments>& arguments) {
  CLI::App* command =
      models.add_subcommand("request", "what would be sent to a hosted model; nothing is sent");
  auto& request = arguments->request;
  command->add_option("model", arguments->model, "model id")->required();
  command->add_option("--prompt", request.prompt, "the prompt")->required();
  command->add_option("--negative-prompt", request.negative_prompt, "what not to show");
  command->add_option("--seed", request.seed, "the seed (default: 0)");
  command->add_option("--frames", request.frames, "frames (default: the model's)");
  command->add_option("--width", request.width, "width in pixels (default: the model's)");
  command->add_option("--height", request.height, "height in pixels (default: the model's)");
  command->add_option("--fps", request.fps, "frames a second (default: the model's)");
  command->add_option("--steps", request.steps, "denoising steps (default: the model's)");
  command->add_option("--guidance", request.guidance, "guidance scale (default: the model's)");
  add_format_option(*command, arguments->format, {"text", "json"});
  command->callback([arguments] { show_request(*arguments); });
}

}  // namespace

void add_models_command(CLI::App& app, Context& context) {
  auto arguments = std::make_shared<ModelsArguments>();
  CLI::App* models = app.add_subcommand("models", "list, show and validate models");
  models->require_subcommand(1);
  CLI::App* list_command = models->add_subcommand("list", "the catalogue");
  add_format_option(*list_command, arguments->format, {"table", "json", "csv", "md"});
  list_command->callback([arguments] { list(*arguments); });
  CLI::App* show_command = models->add_subcommand("show", "one model: card and deployment");
  show_command->add_option("model", arguments->model, "model id")->required();
  add_format_option(*show_command, arguments->format, {"table", "json", "csv", "md"});
  show_command->callback([arguments] { show(*arguments); });
  add_request_command(*models, arguments);
  CLI::App* validate_command = models->add_subcommand(
      "validate", "run the worker protocol's conformance test and check the videos it makes");
  validate_command->add_option("model", arguments->model, "model id")->required();
  validate_command->add_option("--device", arguments->device, "cpu, cuda, … (default: auto)");
  validate_command->add_option("--frames", arguments->conformance.frames, "frames of the test videos");
  validate_command->add_option("--width", arguments->conformance.width, "their width in pixels");
  validate_command->add_option("--height", arguments->conformance.height, "their height in pixels");
  validate_command->add_flag("--online", arguments->online, "let the worker download weights");
  add_format_option(*validate_command, arguments->format, {"table", "json", "csv", "md"});
  validate_command->callback([arguments, &context] { validate(*arguments, context); });
}

}  // namespace vidbench::cli
