#include "cli/completion.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/strings.h"
#include "cli/context.h"
#include "config/keys.h"
#include "registry/registry.h"
#include "suites/suite.h"

namespace vidbench::cli {
namespace {

using Words = std::vector<std::string>;

Words model_ids() {
  Words ids;
  const auto registry = registry::Registry::load_default();
  for (const auto& model : registry.models()) ids.push_back(model.id);
  return ids;
}

Words suite_ids() {
  Words ids;
  for (const auto& suite : suites::list_suites()) ids.push_back(suite.id);
  return ids;
}

Words config_keys() {
  Words names;
  for (const auto& key : config::keys()) names.push_back(key.name);
  return names;
}

// The values that an option or argument of that name takes.
Words values_of(const OptionEntry& option) {
  if (!option.choices.empty()) return option.choices;
  const std::string& name = option.names.front();
  if (name == "--model" || name == "--models" || name == "model") return model_ids();
  if (name == "--suite" || name == "suite") return suite_ids();
  if (name == "key") return config_keys();
  return {};
}

Words beginning_with(const Words& candidates, const std::string& beginning) {
  Words fitting;
  std::copy_if(candidates.begin(), candidates.end(), std::back_inserter(fitting),
               [&](const std::string& word) { return word.starts_with(beginning); });
  return fitting;
}

// Values may be a list: what stands before the last comma stays.
Words fitting_values(const OptionEntry& option, const std::string& word) {
  const size_t comma = word.rfind(',');
  const std::string kept = comma == std::string::npos ? "" : word.substr(0, comma + 1);
  Words fitting = beginning_with(values_of(option), word.substr(kept.size()));
  for (std::string& value : fitting) value.insert(0, kept);
  return fitting;
}

const OptionEntry* find_option(const CommandPath& path, const std::string& name) {
  for (const CommandEntry* command : path)
    for (const OptionEntry& option : command->options)
      if (!option.positional &&
          std::find(option.names.begin(), option.names.end(), name) != option.names.end())
        return &option;
  return nullptr;
}

Words names_at(const CommandPath& path) {
  Words names;
  for (const CommandEntry& command : path.back()->commands) names.push_back(command.name);
  for (const OptionEntry& option : path.back()->options)
    if (option.positional)
      for (std::string& value : values_of(option)) names.push_back(std::move(value));
  return names;
}

Words long_options(const CommandPath& path) {
  Words names;
  for (const OptionEntry& option : path.back()->options)
    for (const std::string& name : option.names)
      if (name.starts_with("--")) names.push_back(name);
  return names;
}

// Text in man's macros: backslashes, and the characters that begin a macro.
std::string roff(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (c == '\\')
      result += "\\e";
    else if (c == '-')
      result += "\\-";
    else
      result += c;
  }
  if (!result.empty() && (result.front() == '.' || result.front() == '\'')) result.insert(0, "\\&");
  return result;
}

void add_options(const CommandEntry& command, std::string& page) {
  for (const OptionEntry& option : command.options) {
    const std::string value = option.positional || option.flag ? "" : " " + option.value;
    const std::string help = option.help.empty() ? "(no description)" : option.help;
    page += fmt::format(".TP\n\\fB{}\\fR{}\n{}\n", roff(join(option.names, ", ")), roff(value),
                        roff(help + option_notes(option)));
  }
}

void add_command(const CommandEntry& command, const std::string& prefix, std::string& page) {
  const std::string name = prefix + " " + command.name;
  page += fmt::format(".SS {}\n{}\n", roff(name), roff(command.help));
  add_options(command, page);
  for (const CommandEntry& one : command.commands) add_command(one, name, page);
}

}  // namespace

std::vector<std::string> completions(const CommandEntry& top, std::span<const std::string> words) {
  const std::string word = words.empty() ? "" : words.back();
  const auto before = words.empty() ? words : words.first(words.size() - 1);
  const CommandPath path = follow(top, before);
  if (!before.empty()) {
    const OptionEntry* option = find_option(path, before.back());
    if (option != nullptr && !option->flag) return fitting_values(*option, word);
  }
  const size_t equals = word.find('=');
  if (word.starts_with("--") && equals != std::string::npos) {
    const OptionEntry* option = find_option(path, word.substr(0, equals));
    Words values = option == nullptr ? Words{} : fitting_values(*option, word.substr(equals + 1));
    for (std::string& value : values) value.insert(0, word.substr(0, equals + 1));
    return values;
  }
  return beginning_with(word.starts_with("-") ? long_options(path) : names_at(path), word);
}

std::string completion_script(const std::string& shell) {
  if (shell == "bash")
    return R"(# vidbench completion for bash: source it, or put it into /etc/bash_completion.d.
_vidbench() {
  local IFS=$'\n'
  COMPREPLY=($(vidbench complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -o bashdefault -F _vidbench vidbench
)";
  if (shell == "zsh")
    return R"(#compdef vidbench
# vidbench completion for zsh: put it as _vidbench into a folder of $fpath.
_vidbench() {
  local -a found
  found=("${(@f)$(vidbench complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)}")
  found=(${found:#})
  if (( ${#found} )); then compadd -a found; else _files; fi
}
compdef _vidbench vidbench
)";
  return R"(# vidbench completion for fish: put it into ~/.config/fish/completions/vidbench.fish.
function __vidbench_complete
  set -l words (commandline -opc)[2..-1] (commandline -ct)
  vidbench complete -- $words 2>/dev/null
end
complete -c vidbench -a '(__vidbench_complete)'
)";
}

std::string manual_page(const CommandEntry& top, const std::string& version) {
  std::string page = fmt::format(
      ".TH VIDBENCH 1 \"\" \"vidbench {}\" \"User Commands\"\n.SH NAME\nvidbench \\- {}\n.SH SYNOPSIS\n"
      ".B vidbench\n.I COMMAND\n[\\fIOPTIONS\\fR]\n.SH OPTIONS\n",
      roff(version), roff(top.help));
  add_options(top, page);
  page += ".SH COMMANDS\n";
  for (const CommandEntry& command : top.commands) add_command(command, "vidbench", page);
  page +=
      ".SH EXIT STATUS\n0 ok; 1 internal error; 2 usage, configuration or bad input; 3 something is missing "
      "on this machine; 4 some samples failed; 5 a check failed; 6 the measurement is invalid; 130 "
      "interrupted.\n";
  return page;
}

void add_completion_commands(CLI::App& app, Context&) {
  auto shell = std::make_shared<std::string>();
  CLI::App* script =
      app.add_subcommand("completion", "a script that makes a shell complete vidbench's words");
  script->add_option("shell", *shell, "the shell")->required()->check(CLI::IsMember({"bash", "zsh", "fish"}));
  script->callback([shell] { print(completion_script(*shell)); });
  CLI::App* manual = app.add_subcommand("man", "the manual page: vidbench man | man -l -");
  manual->callback([&app] { print(manual_page(option_table(app), VIDBENCH_VERSION)); });
}

}  // namespace vidbench::cli
