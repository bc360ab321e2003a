// The commands and options as data: what completion, the manual page and suggestions are made from.
#pragma once

#include <CLI/CLI.hpp>
#include <span>
#include <string>
#include <vector>

namespace vidbench::cli {

struct OptionEntry {
  std::vector<std::string> names;  // "--output", "-o"; of an argument without dashes its name
  std::string help;
  std::vector<std::string> choices;  // its values, when they are a fixed list
  std::string value;                 // what stands for its value: "N", "FILE", "MODEL"; "" for a flag
  std::string range;                 // of a number: "1 to 64"
  std::string default_value;         // "" where there is none, or the help says it
  bool positional = false, flag = false, required = false, many = false;
};

struct CommandEntry {
  std::string name;  // "vidbench" at the top, "list" below "models"
  std::string help;
  std::vector<OptionEntry> options;
  std::vector<CommandEntry> commands;
};

// " [table, json; default: table]": its values, limits and default, as far as the help does not say them; or
// "".
[[nodiscard]] std::string option_notes(const OptionEntry& option);

// What a fixed list of values has; empty when the option takes anything.
[[nodiscard]] std::vector<std::string> option_choices(const CLI::Option& option);

[[nodiscard]] CommandEntry option_table(const CLI::App& app);

// From vidbench itself to a command, which is the last.
using CommandPath = std::vector<const CommandEntry*>;
// To the command that `words` lead to; the others of them are its arguments.
[[nodiscard]] CommandPath follow(const CommandEntry& top, std::span<const std::string> words);

// "did you mean '--metrics'?" for a word that is neither a command nor an option of the last of `path`; ""
// when nothing is near.
[[nodiscard]] std::string suggest(const CommandPath& path, const std::string& word);

}  // namespace vidbench::cli
