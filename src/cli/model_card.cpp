#include "cli/model_card.h"

#include <fmt/format.h>

#include "base/licence.h"
#include "base/strings.h"
#include "report/format.h"

namespace vidbench::cli {
namespace {

using report::escape_markdown;

std::string row(const std::string& name, const std::string& value) {
  return value.empty() ? "" : fmt::format("| {} | {} |\n", name, escape_markdown(value));
}

std::string facts(const registry::Card& card) {
  std::string text = "| | |\n|---|---|\n";
  text +=
      row("Organisation", card.organisation) + row("Family", card.family) + row("Released", card.released);
  text += row("Tasks", join(card.tasks, ", ")) + row("Licence of the weights", card.licence);
  text += row("Access", card.access) + row("Weights", card.source) + row("Code", card.code);
  text += row("Script", card.script) + row("Paper", card.paper) + row("Backbone", card.backbone);
  text += row("Text encoder", card.text_encoder) + row("VAE", card.vae);
  return text + row("Parameters", card.parameters_b ? report::exact(*card.parameters_b) + " billion" : "");
}

std::string licence_warning(const registry::Card& card) {
  if (card.licence.empty())
    return "> **Licence unknown.** Ask its makers before you use it for anything but a look.\n\n";
  if (!is_non_commercial(card.licence)) return "";
  return fmt::format("> **Non-commercial.** {} does not allow commercial use.\n\n",
                     escape_markdown(card.licence));
}

std::string list(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += "- " + escape_markdown(line) + "\n";
  return text;
}

std::string deployments(const registry::Model& model, const registry::Registry& registry) {
  report::Table table;
  table.columns = {{"deployment"}, {"runner"}, {"dtype"}, {"device"}, {"pinned by"}, {"defaults"}};
  for (const registry::Model& one : registry.models()) {
    if (!one.deployed() || (one.id != model.id && !one.id.starts_with(model.id + "@"))) continue;
    table.rows.push_back({{one.id},
                          {one.deployment.runner},
                          {one.deployment.dtype},
                          {one.deployment.device},
                          {pin_text(one.deployment)},
                          {one.deployment.defaults.frames || one.deployment.defaults.steps
                               ? document(registry::to_json(one.deployment.defaults), -1)
                               : ""}});
  }
  return table.rows.empty() ? "It is not known how to run it.\n" : report::draw_markdown(table);
}

std::string benchmarked(const std::vector<ModelVersion>& versions) {
  report::Table table;
  table.columns = {{"version"},
                   {"deployment"},
                   {"run"},
                   {"suite"},
                   {"date"},
                   {"samples", true},
                   {"device"},
                   {"latency", true},
                   {"throughput", true},
                   {"peak memory", true}};
  for (const ModelVersion& version : versions)
    for (const auto& run : version.runs) {
      const bool measured = version.numbers_of == run.peak.run + ":" + run.model;
      table.rows.push_back({{version.digest.substr(0, 12) + (version.present ? " (present)" : "")},
                            {run.model},
                            {run.peak.run},
                            {run.suite},
                            {run.created_at.substr(0, 10)},
                            {fmt::format("{}/{}", run.evaluated, run.planned)},
                            {run.peak.machine.empty() ? run.peak.device : run.peak.machine},
                            measured ? number_cell(version, "latency") : report::Cell{""},
                            measured ? number_cell(version, "throughput") : report::Cell{""},
                            {run.peak.bytes == 0 ? "" : gigabytes(run.peak.bytes)}});
    }
  return table.rows.empty() ? "Not benchmarked here.\n" : report::draw_markdown(table);
}

}  // namespace

std::string model_card(const registry::Model& model, const registry::Registry& registry,
                       const ModelMemory& memory, const std::vector<ModelVersion>& versions) {
  const registry::Card& card = model.card;
  std::string text = fmt::format("# {}\n\n", escape_markdown(card.title.empty() ? model.id : card.title));
  text += fmt::format("`{}` in vidbench's catalogue ({}).\n\n", report::printable(model.id),
                      escape_markdown(model.origin));
  text += licence_warning(card);
  if (!card.description.empty()) text += escape_markdown(card.description) + "\n\n";
  text += facts(card) + "\n";
  if (!card.note.empty()) text += escape_markdown(card.note) + "\n\n";
  const std::vector<std::string> memory_lines = memory.lines(model);
  text += "## Memory\n\n" + (memory_lines.empty() ? "Not known.\n" : list(memory_lines)) + "\n";
  text += "## Deployments\n\n" + deployments(model, registry) + "\n";
  text += "## Benchmarked here\n\n" + benchmarked(versions);
  if (!card.references.empty()) text += "\n## Where these facts were read\n\n" + list(card.references);
  return text;
}

}  // namespace vidbench::cli
