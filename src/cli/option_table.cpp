#include "cli/option_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/strings.h"

namespace vidbench::cli {
namespace {

// CLI11 writes the limits of a number into the type: "INT:INT in [1 - 64]".
std::string range_of(const std::string& type) {
  const size_t open = type.find(" in ["), close = type.rfind(']');
  if (open == std::string::npos || close == std::string::npos || close < open) return "";
  std::string range = type.substr(open + 5, close - open - 5);
  const size_t dash = range.find(" - ");
  return dash == std::string::npos ? range : range.replace(dash, 3, " to ");
}

std::string upper(std::string text) {
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return text;
}

// What was given as type_name(), else N for a number and the name's last part for anything else.
std::string value_name(const CLI::Option& option, const OptionEntry& entry) {
  if (entry.flag) return "";
  const std::string full = option.get_type_name();
  const std::string type = full.substr(0, full.find(':'));
  const std::string dots = entry.many ? "…" : "";
  if (entry.positional) return upper(entry.names.front()) + dots;
  if (type == "INT" || type == "UINT" || type == "FLOAT") return "N" + dots;
  if (!type.empty() && type != "TEXT") return type + dots;
  const std::string& name = entry.names.front();
  return upper(name.substr(name.rfind('-') + 1)) + dots;
}

OptionEntry option_entry(const CLI::Option& option) {
  OptionEntry entry;
  for (const std::string& name : option.get_lnames()) entry.names.push_back("--" + name);
  for (const std::string& name : option.get_snames()) entry.names.push_back("-" + name);
  entry.positional = entry.names.empty();
  if (entry.positional) entry.names.push_back(option.get_name(true));
  entry.help = option.get_description();
  entry.choices = option_choices(option);
  entry.flag = option.get_items_expected_max() == 0;
  entry.required = option.get_required();
  entry.many = option.get_items_expected_max() > 1;
  entry.value = value_name(option, entry);
  entry.range = range_of(option.get_type_name());
  entry.default_value = option.get_default_str();
  return entry;
}

const CommandEntry* find_command(const CommandEntry& command, const std::string& name) {
  const auto found = std::find_if(command.commands.begin(), command.commands.end(),
                                  [&](const CommandEntry& one) { return one.name == name; });
  return found == command.commands.end() ? nullptr : &*found;
}

std::vector<std::string> option_names(const CommandPath& path) {
  std::vector<std::string> names;
  for (const CommandEntry* command : path)
    for (const OptionEntry& option : command->options)
      if (!option.positional) names.insert(names.end(), option.names.begin(), option.names.end());
  return names;
}

// The first of `names` that has `word` between its dashes (--max-vram for --vram) or begins alike (--out for
// --output).
std::string related(const std::string& word, const std::vector<std::string>& names) {
  const std::string part = word.substr(std::min(word.find_first_not_of('-'), word.size()));
  if (part.size() < 3) return "";
  for (const std::string& name : names)
    if ((name + "-").find("-" + part + "-") != std::string::npos) return name;
  for (const std::string& name : names)
    if (name.size() > 4 && (name.starts_with(word) || word.starts_with(name))) return name;
  return "";
}

std::string did_you_mean(const std::string& word, const std::vector<std::string>& candidates) {
  std::string near = nearest(word, candidates);
  if (near.empty()) near = related(word, candidates);
  return near.empty() ? "" : "did you mean '" + near + "'?";
}

}  // namespace

// CLI11 writes the values of a fixed list into the type: "TEXT:{table,json}".
std::vector<std::string> option_choices(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  const size_t open = type.find('{'), close = type.find('}');
  if (open == std::string::npos || close == std::string::npos || close < open) return {};
  return split(type.substr(open + 1, close - open - 1), ',');
}

std::string option_notes(const OptionEntry& option) {
  std::vector<std::string> parts;
  const auto told = [&](const std::string& choice) { return option.help.find(choice) != std::string::npos; };
  if (!std::all_of(option.choices.begin(), option.choices.end(), told))
    parts.push_back(join(option.choices, ", "));
  if (!option.range.empty()) parts.push_back(option.range);
  if (!option.default_value.empty()) parts.push_back("default: " + option.default_value);
  if (option.required && !option.positional) parts.push_back("required");
  return parts.empty() ? "" : fmt::format(" [{}]", join(parts, "; "));
}

CommandEntry option_table(const CLI::App& app) {
  CommandEntry entry{app.get_name(), app.get_description(), {}, {}};
  for (const CLI::Option* option : app.get_options()) entry.options.push_back(option_entry(*option));
  for (const CLI::App* command : app.get_subcommands({})) entry.commands.push_back(option_table(*command));
  return entry;
}

CommandPath follow(const CommandEntry& top, std::span<const std::string> words) {
  CommandPath path = {&top};
  for (const std::string& word : words)
    if (const CommandEntry* next = find_command(*path.back(), word)) path.push_back(next);
  return path;
}

std::string suggest(const CommandPath& path, const std::string& word) {
  if (word.starts_with('-')) {
    const std::vector<std::string> names = option_names(path);
    const bool known = std::find(names.begin(), names.end(), word) != names.end();  // it came after "--"
    return known ? "" : did_you_mean(word, names);
  }
  std::vector<std::string> commands;
  for (const CommandEntry& command : path.back()->commands) commands.push_back(command.name);
  return did_you_mean(word, commands);
}

}  // namespace vidbench::cli
