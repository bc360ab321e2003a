#include <fmt/format.h>

#include <filesystem>
#include <map>

#include "base/error.h"
#include "base/licence.h"
#include "base/log.h"
#include "base/strings.h"
#include "cli/context.h"
#include "cli/fields.h"
#include "cli/model_memory.h"
#include "cli/model_text.h"
#include "cli/model_versions.h"
#include "cli/models_commands.h"
#include "cli/models_fit.h"
#include "cli/models_pull.h"
#include "cli/output.h"
#include "registry/environment.h"
#include "registry/select.h"
#include "report/format.h"
#include "workers/container.h"
#include "workers/http_runner.h"

namespace vidbench::cli {
namespace {

struct ModelsArguments {
  std::string model;
  std::string format;  // of `request`
  Output output;
  std::vector<std::string> words;
  ModelFilter filter;
  workers::GenerateRequest request;
};

std::string number(const std::optional<double>& value) { return value ? report::exact(*value) : ""; }

std::string join_known(std::vector<std::string> parts) {
  std::erase(parts, "");
  return join(parts, ", ");
}

report::Table models_table(const std::vector<const registry::Model*>& models, const ModelMemory& memory,
                           bool compact) {
  report::Table table;
  table.columns = {{"model"},
                   {"tasks", false, 1},
                   {"billions", true, 2},
                   {"memory (GB)", true, 3},
                   {"memory is", false, 6},
                   {"access"},
                   {"runner"},
                   {"licence", false, 4},
                   {"organisation", false, 5},
                   {"family", false, 7},
                   {"cached", false, 9},
                   {"runs here", false, 8}};
  for (const auto* model : models) {
    const registry::Card& card = model->card;
    table.rows.push_back({{model->id},
                          {compact ? short_tasks(card.tasks) : join(card.tasks, ", ")},
                          {number(card.parameters_b)},
                          memory.number(*model),
                          {memory.source(*model)},
                          {card.access},
                          {model->deployment.runner},
                          {card.licence},
                          {card.organisation},
                          {card.family},
                          {cached_word(*model)},
                          {runs_here(*model)}});
  }
  return table;
}

void print_models(const std::vector<const registry::Model*>& models, const ModelMemory& memory,
                  const Output& output) {
  const auto document = [&] {
    Json list = Json::array();
    for (const auto* model : models) list.push_back(model_json(*model, memory));
    return Json{{"schema", "vidbench.models/1"}, {"models", list}};
  };
  output.show({.title = "Models", .document = document, .rows = "models", .table = [&](bool compact) {
                 return models_table(models, memory, compact);
               }});
  if (output.is_table()) log_info(fmt::format("{} models", models.size()));
}

void list(const ModelsArguments& arguments, const Context& context) {
  const auto registry = registry::Registry::load_default();
  const ModelMemory memory(context);
  std::vector<const registry::Model*> models;
  for (const auto& model : registry.models()) models.push_back(&model);
  keep_passing(models, registry, arguments.filter, memory);
  print_models(models, memory, arguments.output);
}

void search(const ModelsArguments& arguments, const Context& context) {
  const auto registry = registry::Registry::load_default();
  const ModelMemory memory(context);
  auto models = registry::search(registry.models(), join(arguments.words, " "));
  keep_passing(models, registry, arguments.filter, memory);
  print_models(models, memory, arguments.output);
}

std::string text_of(const Json& json) { return json.empty() ? "" : json.dump(); }

std::string describe_files(const Json& files) {
  const std::string repository = files["repository"].get<std::string>();
  const std::string where = files["where"].get<std::string>();
  if (where == "none") return repository + ": not here";
  if (where == "hub-cache")
    return repository + ": in the Hugging Face cache, " + files["path"].get<std::string>();
  const std::string size = files["bytes"].is_null() ? "" : human_bytes(files["bytes"].get<uint64_t>()) + ", ";
  return fmt::format("{}: in the store, {}{}{}", repository, size, files["path"].get<std::string>(),
                     files["pickled"].empty() ? "" : "; PICKLED weights, which can run code");
}

std::string environment_text(const registry::Deployment& deployment,
                             const registry::Environment& environment) {
  if (environment.state == registry::EnvironmentState::kNone) return "";
  const std::string& image = deployment.environment.image;
  const std::string name = image.empty() ? environment.name : image;
  return (name.empty() ? "" : name + ", ") +
         (environment.ready() ? to_string(environment.state) : environment.lack());
}

Fields fields_of(const registry::Model& model, const registry::Environment& environment,
                 const ModelMemory& memory) {
  const registry::Card& card = model.card;
  const registry::Deployment& deployment = model.deployment;
  Fields fields = {{"model", model.id},
                   {"title", card.title},
                   {"organisation", card.organisation},
                   {"family", card.family},
                   {"released", card.released},
                   {"tasks", join(card.tasks, ", ")},
                   {"description", card.description},
                   {"licence", is_non_commercial(card.licence) ? card.licence + " — NON-COMMERCIAL use only"
                                                               : card.licence},
                   {"access", card.access},
                   {"weights", card.source},
                   {"code", join_known({card.code, card.script})},
                   {"paper", card.paper},
                   {"architecture", join_known({card.backbone, card.text_encoder, card.vae})},
                   {"parameters", card.parameters_b ? number(card.parameters_b) + " billion" : ""},
                   {"memory", join(memory.lines(model), "; ")},
                   {"note", card.note},
                   {"references", join(card.references, " ")}};
  if (model.deployed()) {
    const Fields how = {{"runner", deployment.runner},
                        {"command", join(deployment.command, " ")},
                        {"settings", text_of(deployment.settings)},
                        {"pinned by", pin_text(deployment)},
                        {"environment", environment_text(deployment, environment)},
                        {"dtype, device", deployment.dtype + ", " + deployment.device},
                        {"defaults", text_of(registry::to_json(deployment.defaults))},
                        {"digest", model.digest}};
    fields.insert(fields.end(), how.begin(), how.end());
  }
  for (const Json& files : cached_files(model)) fields.emplace_back("files", describe_files(files));
  fields.emplace_back("runs here", runs_here(model));
  fields.emplace_back("defined in", model.origin);
  return fields;
}

std::string versions_text(const registry::Registry& registry, const registry::Model& model,
                          const Context& context) {
  const auto store = store::store_exists(context.effective_store_url()) ? context.open_store() : nullptr;
  size_t earlier = 0, runs = 0;
  for (const ModelVersion& version : model_versions(registry, model.id, store.get())) {
    if (version.model != model.id) continue;
    if (version.present)
      runs += version.runs.size();
    else
      ++earlier;
  }
  std::string present =
      runs == 0 ? "the present one was never benchmarked here"
                : fmt::format("the present one was benchmarked in {} run{}", runs, runs == 1 ? "" : "s");
  if (earlier == 0) return present;
  return fmt::format("{}, {} earlier one{}: vidbench models versions {}", present, earlier,
                     earlier == 1 ? "" : "s", model.id);
}

void show(const ModelsArguments& arguments, const Context& context) {
  const auto registry = registry::Registry::load_default();
  registry::Model model = registry.find(arguments.model);
  const registry::Environment environment = workers::ask_engine(model);
  const ModelMemory memory(context);
  const auto document = [&] {
    Json json = model_json(model, memory);
    json["schema"] = "vidbench.model/1";
    json["cached"] = cached_files(model);
    json["fits_hardware"] = fit_json(model);
    return json;
  };
  const auto fields = [&] {
    Fields all = fields_of(model, environment, memory);
    if (model.deployed()) all.emplace_back("versions", versions_text(registry, model, context));
    all.emplace_back("fits hardware", fit_text(model));
    return all;
  };
  arguments.output.show(fields_view(model.id, fields, document));
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

void add_filter_options(CLI::App& command, ModelFilter& filter) {
  registry::Filter& card = filter.card;
  const auto words = [&](const char* name, std::vector<std::string>& list, const char* about) {
    command.add_option(name, list, about)->delimiter(',')->allow_extra_args(false);
  };
  words("--task", card.tasks, "text-to-video or t2v, image, … (a part of a task's name will do)");
  words("--licence", card.licences, "Apache-2.0, MIT, … (its beginning will do)");
  words("--family", card.families, "wan, ltx-video, …");
  words("--organisation", card.organisations, "who released it");
  words("--access", card.accesses, "weights, api, code, paper");
  words("--runner", card.runners, "diffusers, worker, command, http, replay, null");
  command.add_option("--max-vram", card.max_vram_gb,
                     "GB of GPU memory, at most: as measured here, else as its makers state");
  command.add_option("--min-size", card.min_parameters_b, "billions of parameters, at least");
  command.add_option("--max-size", card.max_parameters_b, "billions of parameters, at most");
  command.add_flag("--commercial", card.commercial, "whose licence is known and not for research only");
  command.add_flag("--deployed", card.deployed, "of which it is known how to run them");
  command.add_flag("--runnable", card.runnable, "for which nothing is missing here");
  command.add_flag("--runs-here", filter.fitting, "whose stated needs fit this hardware (vidbench doctor)");
}

void keep_passing(std::vector<const registry::Model*>& models, const registry::Registry& registry,
                  const ModelFilter& filter, const ModelMemory& memory) {
  registry::refuse_unknown_words(registry.models(), filter.card);
  std::erase_if(models, [&](const auto* model) {
    return !registry::passes(*model, filter.card, memory.measured_vram_gb(*model));
  });
  if (filter.fitting) keep_fitting(models);
}

void add_models_command(CLI::App& app, Context& context) {
  auto arguments = std::make_shared<ModelsArguments>();
  CLI::App* models = app.add_subcommand("models", "find, add, show, pull, export and validate models");
  models->require_subcommand(1);
  CLI::App* list_command = models->add_subcommand("list", "the catalogue");
  add_filter_options(*list_command, arguments->filter);
  add_output_options(*list_command, arguments->output);
  add_store_option(*list_command, context);
  list_command->callback([arguments, &context] { list(*arguments, context); });
  CLI::App* search_command =
      models->add_subcommand("search", "models by words of their names, tasks, papers");
  search_command->add_option("words", arguments->words, "all of which are found, also in parts: wan 14b")
      ->required();
  add_filter_options(*search_command, arguments->filter);
  add_output_options(*search_command, arguments->output);
  add_store_option(*search_command, context);
  search_command->callback([arguments, &context] { search(*arguments, context); });
  CLI::App* show_command = models->add_subcommand("show", "one model: card and deployment");
  show_command->add_option("model", arguments->model, "model id")->required();
  add_output_options(*show_command, arguments->output);
  add_store_option(*show_command, context);
  show_command->callback([arguments, &context] { show(*arguments, context); });
  add_models_add_command(*models);
  add_models_export_command(*models, context);
  add_models_integrate_command(*models, context);
  add_models_versions_command(*models, context);
  add_request_command(*models, arguments);
  add_models_pull_commands(*models, context);
  add_models_validate_command(*models, context);
}

}  // namespace vidbench::cli
