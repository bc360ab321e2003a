#include "cli/configuration.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "base/error.h"
#include "base/log.h"
#include "base/strings.h"
#include "cli/option_table.h"
#include "config/catalogue.h"
#include "config/value.h"
#include "config/variables.h"
#include "registry/git_checkout.h"

namespace vidbench::cli {
namespace {

bool is_score_profile(const std::string& name) {
  const auto& names = config::require_key("score_profile").choices;
  return std::find(names.begin(), names.end(), name) != names.end();
}

void take(GlobalWords& result, const std::string& name) {
  if (name.empty()) throw_input("--profile needs the name of a profile", "--profile ci");
  if (!result.profile.empty())
    throw_input(fmt::format("two profiles: '{}' and '{}'", result.profile, one_line(name)),
                "keep one of them");
  result.profile = name;
}

// CLI11 takes lists in brackets.
std::string option_text(const Json& value) {
  if (!value.is_array()) return config::value_text(value);
  std::vector<std::string> parts;
  for (const Json& one : value) parts.push_back(config::value_text(one));
  return "[" + join(parts, ",") + "]";
}

// A command by its words: "models validate".
CLI::App* find_command(CLI::App& app, const std::string& path) {
  CLI::App* command = &app;
  for (const std::string& name : split(path, ' ')) command = command->get_subcommand(name);
  return command;
}

void all_commands(CLI::App& app, std::vector<CLI::App*>& commands) {
  for (CLI::App* command : app.get_subcommands({})) {
    commands.push_back(command);
    all_commands(*command, commands);
  }
}

std::vector<CLI::App*> commands_of(CLI::App& app, const config::Key& key) {
  std::vector<CLI::App*> commands;
  if (key.commands.empty()) all_commands(app, commands);
  for (const std::string& path : key.commands) commands.push_back(find_command(app, path));
  return commands;
}

void configure_option(CLI::Option& option, const config::Setting& setting) {
  const bool extra = option.get_allow_extra_args();
  try {
    if (setting.value.is_array()) option.allow_extra_args();  // else CLI11 takes the brackets for a text
    option.run_callback_for_default()->default_val(option_text(setting.value));
    option.allow_extra_args(extra);
  } catch (const CLI::Error& e) {
    throw_input(fmt::format("{}: {}", setting.origin.text(), one_line(e.what())));
  }
}

// Not every command prints every format.
bool takes(const CLI::Option& option, const config::Key& key, const config::Setting& setting) {
  if (key.name != "format") return true;
  const std::vector<std::string> choices = option_choices(option);
  return std::find(choices.begin(), choices.end(), setting.value.get<std::string>()) != choices.end();
}

}  // namespace

GlobalWords take_profile(const std::vector<std::string>& words) {
  GlobalWords result;
  bool in_command = false;
  const auto is_ours = [&](const std::string& name) { return !in_command || !is_score_profile(name); };
  for (size_t i = 0; i < words.size(); ++i) {
    constexpr std::string_view kOption = "--profile", kAssigned = "--profile=";
    const std::string& word = words[i];
    if (word == "--") {
      result.words.insert(result.words.end(), words.begin() + static_cast<std::ptrdiff_t>(i), words.end());
      break;
    }
    if (word.starts_with(kAssigned) && is_ours(word.substr(kAssigned.size()))) {
      take(result, word.substr(kAssigned.size()));
    } else if (word == kOption && i + 1 < words.size() && is_ours(words[i + 1])) {
      take(result, words[++i]);
    } else {
      in_command = in_command || !word.starts_with('-');
      result.words.push_back(word);
    }
  }
  const char* variable = std::getenv("VIDBENCH_PROFILE");
  if (result.profile.empty() && variable != nullptr) result.profile = variable;
  return result;
}

void load_configuration(Context& context, const std::string& profile) {
  try {
    context.settings = config::Settings::load(config::find_places(), profile, config::current_environment());
    config::publish(*context.settings);
  } catch (const Error& e) {
    context.settings_error = e;
  }
}

void configure_options(CLI::App& app, const config::Settings& settings) {
  for (const config::Key& key : config::keys()) {
    const config::Setting& setting = settings.at(key.name);
    if (key.option.empty() || setting.value.is_null()) continue;
    for (CLI::App* command : commands_of(app, key))
      if (CLI::Option* option = command->get_option_no_throw(key.option);
          option != nullptr && takes(*option, key, setting))
        configure_option(*option, setting);
  }
}

void warn_of_variables() {
  for (const std::string& name : config::unknown_variables(config::current_environment()))
    if (const std::string near = config::nearest_variable(name); !near.empty())
      log_warning(fmt::format("nobody reads {} — did you mean {}?", one_line(name), near));
}

Json describe_configuration(const Context& context) {
  Json json = context.configuration().description();
  Json& catalogues = json["catalogues"] = Json::array();
  const Json& value = context.configuration().at("catalogues").value;
  for (const Json& entry : value.is_null() ? Json::array() : value) {
    const config::Catalogue catalogue = config::catalogue_of(entry);
    const std::string commit = registry::commit_above(catalogue.folder);
    const std::string address = config::without_password(catalogue.address);
    catalogues.push_back({{"folder", config::home_as_tilde(catalogue.folder)},
                          {"commit", commit.empty() ? Json() : Json(commit)},
                          {"address", address.empty() ? Json() : Json(address)}});
  }
  return json;
}

bool needs_no_configuration(const std::vector<std::string>& words) {
  const auto is_command = [](const std::string& word) { return !word.starts_with('-'); };
  const auto command = std::find_if(words.begin(), words.end(), is_command);
  if (command == words.end()) return true;
  for (const char* name : {"config", "completion", "complete", "man"})
    if (*command == name) return true;
  return std::any_of(words.begin(), words.end(),
                     [](const std::string& word) { return word == "--help" || word == "-h"; });
}

}  // namespace vidbench::cli
