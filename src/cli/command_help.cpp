#include "cli/command_help.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/strings.h"
#include "report/format.h"

namespace vidbench::cli {
namespace {

using report::display_width;

constexpr size_t kNames = 30;  // columns of names at the left

std::string full_name(const CommandPath& path) {
  std::vector<std::string> names;
  for (const CommandEntry* command : path) names.push_back(command->name);
  return join(names, " ");
}

// "-m, --model MODEL": short names first, the long ones below each other.
std::string names_text(const OptionEntry& option) {
  if (option.positional) return option.value;
  std::vector<std::string> names = option.names;
  std::stable_partition(names.begin(), names.end(),
                        [](const std::string& n) { return !n.starts_with("--"); });
  const std::string value = option.value.empty() ? "" : " " + option.value;
  return (names.front().starts_with("--") ? "    " : "") + join(names, ", ") + value;
}

std::string row(const std::string& name, const std::string& text, size_t columns) {
  const std::string left = "  " + name;
  bool beside = display_width(left) + 2 <= kNames;
  std::string rows = beside ? left + std::string(kNames - display_width(left), ' ') : left + "\n";
  for (const std::string& line : report::wrapped(text, columns - kNames, "")) {
    rows += (beside ? "" : std::string(kNames, ' ')) + line + "\n";
    beside = false;
  }
  return rows;
}

std::string usage_line(const CommandPath& path) {
  std::string line = "Usage: " + full_name(path);
  if (!path.back()->commands.empty()) return line + " COMMAND …";
  const auto& options = path.back()->options;
  if (std::any_of(options.begin(), options.end(), [](const OptionEntry& o) { return !o.positional; }))
    line += " [OPTIONS]";
  for (const OptionEntry& option : options) {
    if (!option.positional) continue;
    const std::string& name = option.value;
    line += option.required ? " " + name : " [" + name + "]";
  }
  return line;
}

std::string option_rows(const CommandEntry& command, bool positional, size_t columns) {
  std::string rows;
  for (const OptionEntry& option : command.options)
    if (option.positional == positional)
      rows += row(names_text(option), option.help + option_notes(option), columns);
  return rows;
}

// The first word that nobody took; options before anything else, whose values may be among the others.
std::string unknown_word(const CLI::App& app) {
  const std::vector<std::string> words = app.remaining(true);
  const auto is_option = [](const std::string& word) {
    return word.size() > 1 && word[0] == '-' && word != "--";
  };
  const auto option = std::find_if(words.begin(), words.end(), is_option);
  if (option != words.end()) return option->substr(0, option->find('='));
  const auto word = std::find_if(words.begin(), words.end(), [](const std::string& w) { return w != "--"; });
  return word == words.end() ? "" : *word;
}

std::string why(const CLI::ParseError& error, const CommandPath& path, const std::string& unknown) {
  const CommandEntry& command = *path.back();
  if (!unknown.empty() && unknown.front() == '-')
    return fmt::format("{} has no option '{}'", full_name(path), one_line(unknown));
  if (!unknown.empty())
    return command.commands.empty()
               ? fmt::format("{}: one argument too many, '{}'", full_name(path), one_line(unknown))
               : fmt::format("{} has no command '{}'", full_name(path), one_line(unknown));
  if (!command.commands.empty()) {
    std::vector<std::string> names;
    for (const CommandEntry& one : command.commands) names.push_back(one.name);
    return fmt::format("{} needs a command: {}", full_name(path), join(names, ", "));
  }
  return one_line(error.what());
}

}  // namespace

CommandPath typed_commands(const CLI::App& app, const CommandEntry& top) {
  CommandPath path = {&top};
  for (const CLI::App* at = &app; !at->get_subcommands().empty();) {
    at = at->get_subcommands().front();
    for (const CommandEntry& one : path.back()->commands)
      if (one.name == at->get_name()) {
        path.push_back(&one);
        break;
      }
  }
  return path;
}

std::string command_help(const CommandPath& path, size_t columns) {
  columns = std::max<size_t>(columns, 40);
  const CommandEntry& command = *path.back();
  std::string text =
      report::wrap(path.size() == 1 ? command.help : full_name(path) + " — " + command.help, columns, "");
  text += "\n" + report::wrap(usage_line(path), columns, "       ");
  const std::string arguments = option_rows(command, true, columns);
  if (!arguments.empty()) text += "\nArguments:\n" + arguments;
  if (!command.commands.empty()) {
    text += "\nCommands:\n";
    for (const CommandEntry& one : command.commands) text += row(one.name, one.help, columns);
  }
  text += "\nOptions:\n" + option_rows(command, false, columns);
  if (!command.commands.empty())
    text += fmt::format("\n{} COMMAND --help shows a command's options.\n", full_name(path));
  return text;
}

Error usage_error(const CLI::ParseError& error, const CLI::App& app, const CommandEntry& top) {
  const CommandPath path = typed_commands(app, top);
  const std::string unknown = unknown_word(app);
  std::string hint = unknown.empty() ? "" : suggest(path, unknown);
  if (hint.empty())
    hint = fmt::format("{} --help shows its {}", full_name(path),
                       path.back()->commands.empty() ? "options" : "commands");
  return {ErrorCode::kInput, why(error, path, unknown), hint};
}

}  // namespace vidbench::cli
