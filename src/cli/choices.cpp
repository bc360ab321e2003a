#include "cli/choices.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "base/strings.h"
#include "cli/model_text.h"
#include "registry/select.h"

namespace vidbench::cli {
namespace {

struct NamedFilter {
  std::string name;
  registry::Filter filter;
};

const std::vector<NamedFilter>& named_filters() {
  static const std::vector<NamedFilter> filters = [] {
    std::vector<NamedFilter> all(6);
    all[0] = {"runs here", {}};
    all[0].filter.runnable = true;
    all[1].name = "all";
    all[2].name = "text to video";
    all[2].filter.tasks = {"text-to-video"};
    all[3].name = "image to video";
    all[3].filter.tasks = {"image-to-video"};
    all[4].name = "video to video";
    all[4].filter.tasks = {"video-to-video"};
    all[5].name = "commercial licence";
    all[5].filter.commercial = true;
    return all;
  }();
  return filters;
}

std::string known(const std::optional<double>& value, const char* unit) {
  return value ? fmt::format("{}{}", *value, unit) : "";
}

ChoiceRow row_of(const registry::Model& model) {
  const registry::Card& card = model.card;
  ChoiceRow row{model.id,
                {model.id, model.runnable() ? "runs here" : "no", short_tasks(card.tasks),
                 known(card.parameters_b, " B"), known(card.min_vram_gb, " GB")},
                card.title};
  if (!card.licence.empty()) row.detail += " · " + card.licence;
  if (!model.runnable()) row.detail += " · " + runs_here(model);
  return row;
}

}  // namespace

ModelChoices::ModelChoices(const std::vector<registry::Model>& models) : models_(models) {}

std::vector<std::string> ModelChoices::columns() const { return {"model", "here", "tasks", "size", "VRAM"}; }

std::vector<std::string> ModelChoices::filters() const {
  std::vector<std::string> names;
  for (const NamedFilter& filter : named_filters()) names.push_back(filter.name);
  return names;
}

std::vector<ChoiceRow> ModelChoices::rows(std::string_view query, size_t filter) const {
  std::vector<const registry::Model*> found;
  if (trim(query).empty()) {
    for (const auto& model : models_) found.push_back(&model);
    // What generates nothing is not what a newcomer wants first.
    std::stable_partition(found.begin(), found.end(), [](const auto* model) {
      return model->deployment.runner != "null" && model->deployment.runner != "replay";
    });
  } else {
    found = registry::search(models_, query);
  }
  const registry::Filter& wanted = named_filters().at(filter).filter;
  std::vector<ChoiceRow> rows;
  for (const auto* model : found)
    if (registry::passes(*model, wanted)) rows.push_back(row_of(*model));
  return rows;
}

std::vector<ChoiceRow> SuiteChoices::rows(std::string_view query, size_t /*filter*/) const {
  const std::string word = lower(trim(query));
  std::vector<ChoiceRow> rows;
  for (const auto& suite : suites_)
    if (lower(suite.id + " " + suite.title).find(word) != std::string::npos)
      rows.push_back({suite.id, {suite.id, std::to_string(suite.prompts), suite.title}, suite.title});
  std::error_code ec;
  const std::filesystem::path path(trim(query));
  if (!path.empty() && std::filesystem::is_regular_file(path, ec)) {
    const std::string absolute = std::filesystem::absolute(path).string();
    rows.insert(rows.begin(), {absolute, {path.string(), "", "a file"}, absolute});
  }
  return rows;
}

}  // namespace vidbench::cli
