// vidbench models export: the catalogue as a table for a web page, or one model as a card.
#include <fmt/format.h>

#include "base/error.h"
#include "base/files.h"
#include "base/licence.h"
#include "base/log.h"
#include "base/strings.h"
#include "cli/context.h"
#include "cli/model_card.h"
#include "cli/models_commands.h"
#include "cli/output.h"
#include "report/format.h"

namespace vidbench::cli {
namespace {

struct Arguments {
  std::vector<std::string> ids;
  std::string card, path;
  ModelFilter filter;
  Output output;
};

std::vector<const registry::Model*> chosen(const Arguments& arguments, const registry::Registry& registry,
                                           const ModelMemory& memory) {
  std::vector<const registry::Model*> models;
  for (const std::string& id : split_lists(arguments.ids)) models.push_back(&registry.find(id));
  if (models.empty())
    for (const auto& model : registry.models()) models.push_back(&model);
  keep_passing(models, registry, arguments.filter, memory);
  return models;
}

std::string exact(const std::optional<double>& value) { return value ? report::exact(*value) : ""; }

report::Table table_of(const std::vector<const registry::Model*>& models, const ModelMemory& memory) {
  report::Table table;
  table.columns = {{"model"},
                   {"title"},
                   {"organisation"},
                   {"released"},
                   {"tasks"},
                   {"licence"},
                   {"non-commercial"},
                   {"access"},
                   {"parameters (billions)", true},
                   {"memory (GB)", true},
                   {"memory is"},
                   {"runner"},
                   {"weights"},
                   {"code"},
                   {"paper"}};
  for (const auto* model : models) {
    const registry::Card& card = model->card;
    table.rows.push_back({{model->id},
                          {card.title},
                          {card.organisation},
                          {card.released},
                          {join(card.tasks, ", ")},
                          {card.licence},
                          {is_non_commercial(card.licence) ? "yes"
                           : card.licence.empty()          ? ""
                                                           : "no"},
                          {card.access},
                          {exact(card.parameters_b)},
                          memory.number(*model),
                          {memory.source(*model)},
                          {model->deployment.runner},
                          {card.source},
                          {card.code},
                          {card.paper}});
  }
  return table;
}

void give(const Arguments& arguments, const report::View& view) {
  if (arguments.path.empty()) return arguments.output.show(view);
  arguments.output.write_exports(view);
  write_file_atomic(arguments.path, report::render(view, arguments.output.format, stdout_style()));
  log_info("wrote " + arguments.path);
}

void export_card(const Arguments& arguments, const registry::Registry& registry, const ModelMemory& memory,
                 const Context& context) {
  const registry::Model& model = registry.find(arguments.card);
  const auto store = store::store_exists(context.effective_store_url()) ? context.open_store() : nullptr;
  const std::string card =
      model_card(model, registry, memory, model_versions(registry, model.id, store.get()));
  if (arguments.path.empty()) return print(card);
  write_file_atomic(arguments.path, card);
  log_info("wrote " + arguments.path);
}

void export_models(const Arguments& arguments, const Context& context) {
  const auto registry = registry::Registry::load_default();
  const ModelMemory memory(context);
  if (!arguments.card.empty()) return export_card(arguments, registry, memory, context);
  const auto models = chosen(arguments, registry, memory);
  const auto document = [&] {
    Json list = Json::array();
    for (const auto* model : models) list.push_back(model_json(*model, memory));
    return Json{{"schema", "vidbench.models/1"}, {"models", list}};
  };
  give(arguments, {.title = "Video models", .document = document, .rows = "models", .table = [&](bool) {
                     return table_of(models, memory);
                   }});
}

}  // namespace

void add_models_export_command(CLI::App& models, Context& context) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = models.add_subcommand(
      "export", "models as a table for a web page (Markdown, CSV, HTML, LaTeX, JSON), or one as a card");
  CLI::Option* ids =
      command->add_option("models", arguments->ids, "model ids (default: all that pass the filters)");
  command->add_option("--card", arguments->card, "a model card of this model, in Markdown")
      ->type_name("MODEL")
      ->excludes(ids);
  command->add_option("--output,-o", arguments->path, "file to write (default: standard output)")
      ->type_name("FILE");
  add_filter_options(*command, arguments->filter);
  arguments->output.format = "md";
  command->add_option("--format", arguments->output.format, "output format")
      ->check(CLI::IsMember(report::view_formats()))
      ->capture_default_str();
  add_export_option(*command, arguments->output);
  add_store_option(*command, context);
  command->callback([arguments, &context] { export_models(*arguments, context); });
}

}  // namespace vidbench::cli
