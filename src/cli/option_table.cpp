#include "cli/option_table.h"

#include <algorithm>

#include "base/strings.h"

namespace vidbench::cli {
namespace {

// CLI11 writes the values of a fixed list into the type: "TEXT:{table,json}".
std::vector<std::string> choices_of(const std::string& type) {
  const size_t open = type.find('{'), close = type.find('}');
  if (open == std::string::npos || close == std::string::npos || close < open) return {};
  return split(type.substr(open + 1, close - open - 1), ',');
}

OptionEntry option_entry(const CLI::Option& option) {
  OptionEntry entry;
  for (const std::string& name : option.get_lnames()) entry.names.push_back("--" + name);
  for (const std::string& name : option.get_snames()) entry.names.push_back("-" + name);
  entry.positional = entry.names.empty();
  if (entry.positional) entry.names.push_back(option.get_name(true));
  entry.help = option.get_description();
  entry.choices = choices_of(option.get_type_name());
  entry.flag = option.get_items_expected_max() == 0;
  entry.required = option.get_required();
  return entry;
}

const CommandEntry* find_command(const CommandEntry& command, const std::string& name) {
  const auto found = std::find_if(command.commands.begin(), command.commands.end(),
                                  [&](const CommandEntry& one) { return one.name == name; });
  return found == command.commands.end() ? nullptr : &*found;
}

bool has_option(const CommandEntry& command, const std::string& name) {
  return std::any_of(command.options.begin(), command.options.end(), [&](const OptionEntry& option) {
    return std::find(option.names.begin(), option.names.end(), name) != option.names.end();
  });
}

std::vector<std::string> option_names(const Reached& reached) {
  std::vector<std::string> names;
  for (const CommandEntry* command : reached.path)
    for (const OptionEntry& option : command->options)
      if (!option.positional) names.insert(names.end(), option.names.begin(), option.names.end());
  return names;
}

// The first of `names` of which `word` is a part between dashes: --max-vram for --vram.
std::string containing(const std::string& word, const std::vector<std::string>& names) {
  const std::string part = word.substr(std::min(word.find_first_not_of('-'), word.size()));
  if (part.size() < 3) return "";
  for (const std::string& name : names)
    if ((name + "-").find("-" + part + "-") != std::string::npos) return name;
  return "";
}

std::string did_you_mean(const std::string& word, const std::vector<std::string>& candidates) {
  std::string near = nearest(word, candidates);
  if (near.empty()) near = containing(word, candidates);
  return near.empty() ? "" : "did you mean '" + near + "'?";
}

}  // namespace

CommandEntry option_table(const CLI::App& app) {
  CommandEntry entry{app.get_name(), app.get_description(), {}, {}};
  for (const CLI::Option* option : app.get_options()) entry.options.push_back(option_entry(*option));
  for (const CLI::App* command : app.get_subcommands({})) entry.commands.push_back(option_table(*command));
  return entry;
}

Reached follow(const CommandEntry& top, std::span<const std::string> words) {
  Reached reached{&top, {&top}};
  for (const std::string& word : words) {
    const CommandEntry* next = find_command(*reached.command, word);
    if (next == nullptr) continue;
    reached.command = next;
    reached.path.push_back(next);
  }
  return reached;
}

std::string suggest(const CommandEntry& top, std::span<const std::string> words) {
  const Reached reached = follow(top, words);
  for (const std::string& word : words) {
    const std::string name = word.substr(0, word.find('='));
    if (name == "--") break;
    if (name.size() < 2 || name.front() != '-') continue;
    const auto known = [&](const CommandEntry* command) { return has_option(*command, name); };
    if (std::any_of(reached.path.begin(), reached.path.end(), known)) continue;
    return did_you_mean(name, option_names(reached));
  }
  if (reached.command->commands.empty()) return "";
  std::vector<std::string> commands;
  for (const CommandEntry& command : reached.command->commands) commands.push_back(command.name);
  for (const std::string& word : words) {
    if (word.empty() || word.front() == '-' || find_command(*reached.command, word) != nullptr) continue;
    std::string hint = did_you_mean(word, commands);
    if (!hint.empty()) return hint;
  }
  return "";
}

}  // namespace vidbench::cli
