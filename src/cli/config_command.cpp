// vidbench config: what is configured, who said so, and whether it is sound.
#include <fmt/format.h>

#include <filesystem>

#include "base/error.h"
#include "base/log.h"
#include "base/strings.h"
#include "cli/config_edit.h"
#include "cli/context.h"
#include "cli/output.h"
#include "config/document.h"
#include "config/value.h"
#include "config/variables.h"

namespace vidbench::cli {
namespace {

using config::Key;
using config::Layer;

struct Arguments {
  std::string key, file;
  bool origin = false, json = false;  // `json` of get
  Output output;
};

Json shown_value(const config::Setting& setting) {
  return setting.value.is_string() ? Json(config::without_password(setting.value)) : setting.value;
}

Json to_json(const config::Settings& settings) {
  Json files = Json::array(), values = Json::object();
  for (const config::Source& source : settings.sources())
    if (!source.path.empty())
      files.push_back(
          {{"layer", to_string(source.layer)}, {"path", source.path.string()}, {"there", source.there}});
  for (const Key& key : config::keys()) {
    const config::Setting& setting = settings.at(key.name);
    const config::Origin& origin = setting.origin;
    values[key.name] = {{"value", shown_value(setting)},
                        {"default", key.fallback},
                        {"origin",
                         {{"layer", to_string(origin.layer)},
                          {"place", origin.place.empty() ? Json() : Json(origin.place)},
                          {"profile", origin.profile.empty() ? Json() : Json(origin.profile)}}}};
  }
  return {{"schema", "vidbench.config/1"},
          {"profile", settings.profile().empty() ? Json() : Json(settings.profile())},
          {"files", files},
          {"settings", values}};
}

report::Table settings_table(const config::Settings& settings, bool origin) {
  report::Table table;
  table.columns = {{"key"}, {"value"}};
  if (origin) table.columns.push_back({"origin"});
  for (const Key& key : config::keys()) {
    const config::Setting& setting = settings.at(key.name);
    const bool said = setting.origin.layer != Layer::kBuiltIn;
    table.rows.push_back(
        {{key.name}, {settings.shown(key), said ? report::Emphasis::kNone : report::Emphasis::kDim}});
    if (origin) table.rows.back().push_back({setting.origin.text()});
  }
  return table;
}

void show(const Arguments& arguments, const Context& context) {
  const config::Settings& settings = context.configuration();
  arguments.output.show({.title = "Configuration",
                         .document = [&] { return to_json(settings); },
                         .table = [&](bool) { return settings_table(settings, arguments.origin); }});
  if (arguments.origin && arguments.output.is_table())
    for (const config::Source& source : settings.sources())
      if (!source.path.empty())
        log_info(fmt::format("{} file: {}{}", to_string(source.layer), config::home_as_tilde(source.path),
                             source.there ? "" : " (not there)"));
}

void get(const Arguments& arguments, const Context& context) {
  const Key& key = config::require_key(arguments.key);
  const config::Setting& setting = context.configuration().at(key.name);
  if (arguments.json) return print_json(setting.value);
  print((setting.value.is_null() ? key.fallback : config::value_text(setting.value)) + "\n");
}

Json keys_json() {
  Json list = Json::array();
  for (const Key& key : config::keys())
    list.push_back({{"key", key.name},
                    {"type", describe_type(key)},
                    {"default", key.fallback},
                    {"variable", key.variable},
                    {"option", key.option.empty() ? Json() : Json(key.option)},
                    {"commands", key.commands},
                    {"help", key.help}});
  return {{"schema", "vidbench.config-keys/1"}, {"keys", list}};
}

report::Table keys_table() {
  report::Table table;
  table.columns = {
      {"key"},    {"type", false, 2}, {"default", false, 1}, {"variable", false, 4}, {"option", false, 3},
      {"meaning"}};
  for (const Key& key : config::keys()) {
    const std::string commands = key.commands.empty() ? "" : " of " + join(key.commands, ", ");
    table.rows.push_back({{key.name},
                          {describe_type(key)},
                          {key.fallback},
                          {key.variable},
                          {key.option.empty() ? "" : key.option + commands},
                          {key.help}});
  }
  return table;
}

struct ShownVariable {
  std::string name, key, help;
};

std::vector<ShownVariable> shown_variables() {
  std::vector<ShownVariable> all;
  for (const Key& key : config::keys()) all.push_back({key.variable, key.name, key.help});
  for (const config::Variable& variable : config::other_variables())
    if (variable.shown)
      all.push_back(
          {variable.name.ends_with('_') ? variable.name + "NAME" : variable.name, "", variable.help});
  return all;
}

Json variables_json() {
  Json list = Json::array();
  for (const auto& [name, key, help] : shown_variables())
    list.push_back({{"variable", name}, {"key", key.empty() ? Json() : Json(key)}, {"help", help}});
  return {{"schema", "vidbench.variables/1"}, {"variables", list}};
}

report::Table variables_table() {
  report::Table table;
  table.columns = {{"variable"}, {"key", false, 1}, {"meaning"}};
  for (const auto& [name, key, help] : shown_variables()) table.rows.push_back({{name}, {key}, {help}});
  return table;
}

// Counts a fault, so that one does not hide the others.
class Faults {
 public:
  template <typename Check>
  void check(Check&& check) {
    try {
      check();
    } catch (const Error& e) {
      add(e.hint().empty() ? e.what() : fmt::format("{} — {}", e.what(), e.hint()));
    }
  }
  void add(const std::string& message) {
    log(LogLevel::kError, message);
    ++count_;
  }
  [[nodiscard]] bool found() const { return count_ > 0; }

 private:
  size_t count_ = 0;
};

void check_variables(Faults& faults) {
  const auto environment = config::current_environment();
  for (const Key& key : config::keys())
    faults.check([&] {
      for (const std::string& entry : environment)
        if (entry.starts_with(key.variable + "=") && entry.size() > key.variable.size() + 1)
          (void)config::parse_value(key, entry.substr(key.variable.size() + 1), key.variable);
    });
  for (const std::string& name : config::unknown_variables(environment)) {
    const std::string near = config::nearest_variable(name);
    faults.add(fmt::format("nobody reads {} — {}", one_line(name),
                           near.empty() ? "`vidbench config variables` shows what there is"
                                        : fmt::format("did you mean {}?", near)));
  }
}

void validate(const Arguments& arguments, Context& context) {
  Faults faults;
  const auto check_file = [&](const std::filesystem::path& file) {
    faults.check([&] {
      (void)config::load_file(file);
      log_info(fmt::format("{}: sound", file.string()));
    });
  };
  if (!arguments.file.empty()) {
    check_file(arguments.file);
  } else {
    config::Places places;
    faults.check([&] { places = config::find_places(); });
    for (const auto& file : {places.system, places.user, places.project}) {
      std::error_code ec;
      if (!file.empty() && std::filesystem::exists(file, ec)) check_file(file);
    }
    check_variables(faults);
    // What is left: a profile that no file has.
    if (!faults.found()) faults.check([&] { (void)context.configuration(); });
  }
  if (faults.found()) context.exit_code = static_cast<int>(ErrorCode::kInput);
}

void add_reading(CLI::App& command, const std::shared_ptr<Arguments>& arguments, Context& context) {
  CLI::App* show_command = command.add_subcommand("show", "every key and the value that counts");
  show_command->add_flag("--origin", arguments->origin, "with the place that each value comes from");
  add_output_options(*show_command, arguments->output);
  show_command->callback([arguments, &context] { show(*arguments, context); });
  CLI::App* get_command = command.add_subcommand("get", "the value of one key, alone");
  get_command->add_option("key", arguments->key, "run.workers, …")->required();
  get_command->add_flag("--json", arguments->json, "as JSON");
  get_command->callback([arguments, &context] { get(*arguments, context); });
  CLI::App* keys_command = command.add_subcommand("keys", "what can be configured");
  add_output_options(*keys_command, arguments->output);
  keys_command->callback([arguments] {
    arguments->output.show(
        {.title = "What can be configured", .document = keys_json, .rows = "keys", .table = [](bool) {
           return keys_table();
         }});
  });
  CLI::App* variables_command =
      command.add_subcommand("variables", "the environment variables that are read");
  add_output_options(*variables_command, arguments->output);
  variables_command->callback([arguments] {
    arguments->output.show({.title = "Environment variables",
                            .document = variables_json,
                            .rows = "variables",
                            .table = [](bool) { return variables_table(); }});
  });
  command.add_subcommand("schema", "JSON Schema of a configuration file, for editors")->callback([] {
    print_json(config::file_schema());
  });
  CLI::App* validate_command =
      command.add_subcommand("validate", "check the configuration files and variables, or one file");
  validate_command->add_option("file", arguments->file, "another file");
  validate_command->callback([arguments, &context] { validate(*arguments, context); });
}

}  // namespace

void add_config_command(CLI::App& app, Context& context) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand("config", "show, check and change the configuration");
  command->require_subcommand(1);
  add_reading(*command, arguments, context);
  add_config_changes(*command, context);
}

}  // namespace vidbench::cli
