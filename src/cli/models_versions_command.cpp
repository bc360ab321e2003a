// vidbench models versions: which versions of a model were benchmarked, and which one is the present one.
#include <fmt/format.h>

#include "cli/context.h"
#include "cli/model_memory.h"
#include "cli/model_versions.h"
#include "cli/models_commands.h"
#include "cli/output.h"

namespace vidbench::cli {
namespace {

struct Arguments {
  std::string model;
  Output output;
};

struct Samples {
  size_t evaluated = 0, planned = 0;
};

Samples samples_of(const ModelVersion& version) {
  Samples sum;
  for (const auto& run : version.runs) {
    sum.evaluated += run.evaluated;
    sum.planned += run.planned;
  }
  return sum;
}

std::string weights_of(const ModelVersion& version) {
  return version.runs.empty() ? "" : version.runs.front().weights_sha256.substr(0, 12);
}

report::Table table_of(const std::vector<ModelVersion>& versions, const registry::Registry& registry) {
  report::Table table;
  table.columns = {{"deployment"},
                   {"version"},
                   {"present"},
                   {"pinned by", false, 5},
                   {"weights", false, 6},
                   {"runs", true},
                   {"newest run", false, 2},
                   {"date", false, 7},
                   {"samples", true, 3},
                   {"latency", true, 4},
                   {"peak memory", true, 4},
                   {"measured in", false, 8}};
  for (const ModelVersion& version : versions) {
    const Samples samples = samples_of(version);
    const bool benchmarked = !version.runs.empty();
    table.rows.push_back({{version.model},
                          {version.digest.substr(0, 12)},
                          {version.present ? "present" : "earlier",
                           version.present ? report::Emphasis::kGood : report::Emphasis::kDim},
                          {version.present ? pin_text(registry.find(version.model).deployment) : ""},
                          {weights_of(version)},
                          {std::to_string(version.runs.size())},
                          {benchmarked ? version.runs.front().peak.run : "never benchmarked here"},
                          {benchmarked ? version.runs.front().created_at.substr(0, 10) : ""},
                          {benchmarked ? fmt::format("{}/{}", samples.evaluated, samples.planned) : ""},
                          number_cell(version, "latency"),
                          number_cell(version, "peak_memory"),
                          {version.numbers_of}});
  }
  return table;
}

Json document_of(const std::string& id, const std::vector<ModelVersion>& versions,
                 const registry::Registry& registry) {
  Json json = {{"schema", "vidbench.model-versions/1"}, {"model", id}, {"versions", Json::array()}};
  for (const ModelVersion& version : versions) {
    Json one = to_json(version);
    if (version.present) one["pin"] = pin_json(registry.find(version.model).deployment);
    json["versions"].push_back(std::move(one));
  }
  return json;
}

void versions(const Arguments& arguments, const Context& context) {
  const auto registry = registry::Registry::load_default();
  const auto store = store::store_exists(context.effective_store_url()) ? context.open_store() : nullptr;
  const auto all = model_versions(registry, arguments.model, store.get());
  arguments.output.show({.title = "Versions of " + arguments.model,
                         .document = [&] { return document_of(arguments.model, all, registry); },
                         .rows = "versions",
                         .table = [&](bool) { return table_of(all, registry); }});
}

}  // namespace

void add_models_versions_command(CLI::App& models, Context& context) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command =
      models.add_subcommand("versions", "what pins a model's weights, and which versions were benchmarked");
  command->add_option("model", arguments->model, "model id")->required();
  add_output_options(*command, arguments->output);
  add_store_option(*command, context);
  command->callback([arguments, &context] { versions(*arguments, context); });
}

}  // namespace vidbench::cli
