#include <fmt/format.h>

#include "base/error.h"
#include "base/log.h"
#include "base/strings.h"
#include "cli/cells.h"
#include "cli/context.h"
#include "cli/output.h"
#include "cli/signals.h"
#include "cli/status_line.h"
#include "environments/build.h"
#include "environments/installed.h"
#include "workers/container.h"

namespace vidbench::cli {
namespace {

struct EnvironmentsArguments {
  std::vector<std::string> models;
  Output output;
  bool dry_run = false;
};

Json to_json(const environments::Installed& installed) {
  return {{"name", installed.name},     {"complete", installed.complete},
          {"in_use", installed.in_use}, {"python", installed.python},
          {"bytes", installed.bytes},   {"created_at", installed.created_at},
          {"models", installed.models}};
}

report::Table table_of(const std::vector<environments::Installed>& all) {
  report::Table table;
  table.columns = {{"environment"}, {"state"},        {"Python"},
                   {"size", true},  {"models", true}, {"built", false, 1}};
  for (const auto& installed : all)
    table.rows.push_back({{installed.name},
                          {!installed.complete ? "incomplete"
                           : installed.in_use  ? "in use"
                                               : "complete"},
                          {installed.python},
                          size_cell(installed.bytes),
                          {std::to_string(installed.models.size())},
                          {installed.created_at}});
  return table;
}

void show(const std::vector<environments::Installed>& all, const Output& output) {
  const auto document = [&] {
    Json list = Json::array();
    for (const auto& installed : all) list.push_back(to_json(installed));
    return Json{{"schema", "vidbench.environments/1"}, {"environments", list}};
  };
  output.show({.title = "Environments", .document = document, .rows = "environments", .table = [&](bool) {
                 return table_of(all);
               }});
}

void build(const EnvironmentsArguments& arguments) {
  const auto registry = registry::Registry::load_default();
  for (const std::string& id : split_lists(arguments.models)) {
    const auto& model = registry.find(id);
    const auto environment = workers::look_up_environment(model.deployment);
    if (environment.state == registry::EnvironmentState::kNone) {
      log_info(fmt::format("{} names no environment", id));
      continue;
    }
    if (environment.ready()) {
      log_info(fmt::format("{} is there ({})", environment.name, to_string(environment.state)));
      continue;
    }
    log_info(fmt::format("{} {} …", environment.image.empty() ? "building" : "pulling", environment.name));
    const StopOnSignal signals;
    const auto built = environments::build(environment, {}, signals.token());
    log_info(fmt::format("{} {}", environment.name,
                         built != environments::Built::kBuilt ? "was built by another process"
                         : environment.image.empty()          ? "is built"
                                                              : "is pulled"));
  }
}

void collect(const EnvironmentsArguments& arguments) {
  const auto removed = environments::collect_garbage(registry::Registry::load_default(), arguments.dry_run);
  uint64_t bytes = 0;
  for (const auto& installed : removed) bytes += installed.bytes;
  show(removed, arguments.output);
  log_info(fmt::format("{} environments, {}: {}", removed.size(), human_bytes(bytes),
                       arguments.dry_run ? "would be removed" : "removed"));
}

}  // namespace

void add_environments_command(CLI::App& app, Context&) {
  auto arguments = std::make_shared<EnvironmentsArguments>();
  CLI::App* environments =
      app.add_subcommand("environments", "the environments that models run in: list, build, gc");
  environments->require_subcommand(1);
  CLI::App* list_command =
      environments->add_subcommand("list", "those that were built or pulled on this machine");
  add_output_options(*list_command, arguments->output);
  list_command->callback([arguments] {
    const auto registry = registry::Registry::load_default();
    auto all = environments::list_installed(registry);
    for (auto& image : environments::list_images(registry)) all.push_back(std::move(image));
    show(all, arguments->output);
  });
  CLI::App* build_command = environments->add_subcommand(
      "build", "make what a model's deployment names with pip, or pull its image");
  build_command->add_option("model", arguments->models, "model ids, separated by commas")->required();
  build_command->callback([arguments] { build(*arguments); });
  CLI::App* gc_command = environments->add_subcommand(
      "gc", "remove those that no model of the catalogue names, and broken builds");
  gc_command->add_flag("--dry-run", arguments->dry_run, "show what would be removed");
  add_output_options(*gc_command, arguments->output);
  gc_command->callback([arguments] { collect(*arguments); });
}

}  // namespace vidbench::cli
