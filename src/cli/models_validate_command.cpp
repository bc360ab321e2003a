#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <string>

#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/strings.h"
#include "cli/models_commands.h"
#include "cli/output.h"
#include "registry/registry.h"
#include "workers/conformance.h"

namespace vidbench::cli {
namespace {

struct Arguments {
  std::string model, device = "auto", image, video;
  bool online = false;
  workers::ConformanceOptions conformance;
  Output output;
};

report::Table checks_table(const workers::ConformanceReport& report) {
  report::Table table;
  table.columns = {{"check"}, {"result"}, {"detail"}};
  for (const auto& check : report.checks)
    table.rows.push_back({{check.name},
                          {check.passed     ? "passed"
                           : check.required ? "FAILED"
                                            : "warning",
                           check.passed ? report::Emphasis::kGood : report::Emphasis::kBad},
                          {check.detail}});
  return table;
}

InputFile input_file(const std::string& path) {
  if (path.empty()) return {};
  return {std::filesystem::absolute(path), sha256_file(path)};
}

void validate_model(Arguments& arguments, Context& context) {
  const auto registry = registry::Registry::load_default();
  const TemporaryDirectory logs("vidbench-validate");
  workers::RunnerOptions options;
  options.log_path = logs.path() / "worker.log";
  options.device = arguments.device;
  options.offline = !arguments.online;
  arguments.conformance.image = input_file(arguments.image);
  arguments.conformance.video = input_file(arguments.video);
  log_info("validating " + arguments.model + " …");
  const auto report = workers::validate_model(registry.find(arguments.model), options, arguments.conformance);
  const auto document = [&] {
    Json json = workers::to_json(report);
    json["schema"] = "vidbench.validation/1";
    return json;
  };
  arguments.output.show({.title = "Validation of " + arguments.model,
                         .document = document,
                         .rows = "checks",
                         .table = [&](bool) { return checks_table(report); }});
  if (!report.passed()) context.exit_code = static_cast<int>(ErrorCode::kGateFailed);
}

bool is_catalogue_file(const std::string& name) { return name.ends_with(".yaml") || name.ends_with(".yml"); }

// The entries of a file that need not be in any catalogue yet: their form, and whether their ids are free.
void validate_file(const Arguments& arguments) {
  const std::filesystem::path file = std::filesystem::absolute(arguments.model);
  const auto entries = registry::Registry::load_default().check_file(file);
  const auto document = [&] {
    Json list = Json::array();
    for (const registry::Model& entry : entries)
      list.push_back({{"id", entry.id}, {"runner", entry.deployment.runner}, {"missing", entry.missing}});
    return Json{{"schema", "vidbench.catalogue-file/1"}, {"file", file.string()}, {"models", list}};
  };
  const auto table = [&](bool) {
    report::Table rows;
    rows.columns = {{"model"}, {"runner"}, {"missing here"}};
    for (const registry::Model& entry : entries)
      rows.rows.push_back({{entry.id}, {entry.deployment.runner}, {join(entry.missing, "; ")}});
    return rows;
  };
  arguments.output.show(
      {.title = "Entries of " + arguments.model, .document = document, .rows = "models", .table = table});
  log_info(fmt::format("{}: {} as the schema asks; nothing was run", arguments.model,
                       entries.size() == 1 ? "1 entry" : fmt::format("{} entries", entries.size())));
}

void validate(Arguments& arguments, Context& context) {
  if (is_catalogue_file(arguments.model))
    validate_file(arguments);
  else
    validate_model(arguments, context);
}

}  // namespace

void add_models_validate_command(CLI::App& models, Context& context) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = models.add_subcommand(
      "validate",
      "run the worker protocol's conformance test and check the videos it makes; or check a file");
  command->add_option("model", arguments->model, "model id, or FILE.yaml: its form alone, nothing is run")
      ->required();
  command->add_option("--device", arguments->device, "cpu, cuda, … (default: auto)");
  command->add_option("--frames", arguments->conformance.frames, "frames of the test videos");
  command->add_option("--width", arguments->conformance.width, "their width in pixels");
  command->add_option("--height", arguments->conformance.height, "their height in pixels");
  command->add_option("--image", arguments->image, "a picture for models that start from one")
      ->type_name("FILE")
      ->check(CLI::ExistingFile);
  command->add_option("--video", arguments->video, "a video for models that start from one")
      ->type_name("FILE")
      ->check(CLI::ExistingFile);
  command->add_flag("--online", arguments->online, "let the worker download weights");
  add_output_options(*command, arguments->output);
  command->callback([arguments, &context] { validate(*arguments, context); });
}

}  // namespace vidbench::cli
