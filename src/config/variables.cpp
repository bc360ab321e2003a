#include "config/variables.h"

#include <unistd.h>

#include <algorithm>

#include "base/strings.h"
#include "config/keys.h"

namespace vidbench::config {
namespace {

bool stands_for(const Variable& variable, const std::string& name) {
  return variable.name.ends_with('_') ? name.starts_with(variable.name) : name == variable.name;
}

bool is_known(const std::string& name) {
  return std::any_of(keys().begin(), keys().end(), [&](const Key& key) { return key.variable == name; }) ||
         std::any_of(other_variables().begin(), other_variables().end(),
                     [&](const Variable& variable) { return stands_for(variable, name); });
}

}  // namespace

const std::vector<Variable>& other_variables() {
  static const std::vector<Variable> kVariables = {
      {"VIDBENCH_CONFIG", "configuration file that stands for the project's vidbench.yaml; empty = none"},
      {"VIDBENCH_PROFILE", "profile of the configuration, as --profile"},
      {"VIDBENCH_HOME", "folder with suites/, catalogue/, models/ and python/"},
      {"VIDBENCH_HARDWARE",
       "document of `vidbench doctor --format json`: models list --runs-here judges by it"},
      {"VIDBENCH_PROVIDER_URL_",
       "address that replaces a provider's (VIDBENCH_PROVIDER_URL_FAL), for proxies"},
      {"XDG_CONFIG_HOME, XDG_DATA_HOME, XDG_CACHE_HOME",
       "folders in which vidbench/ holds configuration, data and cache; else ~/.config, ~/.local/share, "
       "~/.cache"},
      {"NO_COLOR", "when not empty: no colours"},
      {"CLICOLOR_FORCE", "when neither empty nor 0: colours also where no terminal is"},
      {"CLICOLOR", "0: no colours"},
      {"TERM", "dumb: no colours, no redrawn lines"},
      {"COLUMNS", "width of tables where no terminal is"},
      {"VISUAL, EDITOR", "editor of `vidbench config edit`; else vi"},
      {"HF_HUB_CACHE, HF_HOME", "cache of the Hugging Face Hub, in which weights are looked for"},
      {"PYTHONPATH", "added after vidbench's own Python folder for workers"},
      {"VIDBENCH_BIN_DIR", "", false},
      {"VIDBENCH_TEST_CLIPS", "", false},
      {"VIDBENCH_WRITE_REPORT", "", false},
      {"VIDBENCH_PREVIEWS", "", false},
      {"VIDBENCH_JOBS", "", false}};
  return kVariables;
}

std::vector<std::string> unknown_variables(const std::vector<std::string>& environment) {
  std::vector<std::string> names;
  for (const std::string& entry : environment) {
    const std::string name = entry.substr(0, entry.find('='));
    if (name.starts_with("VIDBENCH_") && !is_known(name)) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string nearest_variable(const std::string& name) {
  std::vector<std::string> known;
  for (const Key& key : keys()) known.push_back(key.variable);
  for (const Variable& variable : other_variables())
    if (variable.shown && variable.name.starts_with("VIDBENCH_")) known.push_back(variable.name);
  // The common beginning would make everything near.
  constexpr size_t kPrefix = sizeof "VIDBENCH_" - 1;
  for (std::string& one : known) one.erase(0, kPrefix);
  const std::string near = nearest(name.substr(kPrefix), known);
  return near.empty() ? "" : "VIDBENCH_" + near;
}

std::vector<std::string> current_environment() {
  std::vector<std::string> entries;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) entries.emplace_back(*entry);
  return entries;
}

}  // namespace vidbench::config
