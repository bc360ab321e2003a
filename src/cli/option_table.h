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
  bool positional = false, flag = false, required = false;
};

struct CommandEntry {
  std::string name;  // "vidbench" at the top, "list" below "models"
  std::string help;
  std::vector<OptionEntry> options;
  std::vector<CommandEntry> commands;
};

[[nodiscard]] CommandEntry option_table(const CLI::App& app);

// The command that `words` lead to, and how many of them are command names.
struct Reached {
  const CommandEntry* command = nullptr;
  std::vector<const CommandEntry*> path;  // with the top and `command`
};
[[nodiscard]] Reached follow(const CommandEntry& top, std::span<const std::string> words);

// "did you mean '--metrics'?" for the first of `words` (without the program's name) that is neither a command
// nor an option; "" when nothing is near.
[[nodiscard]] std::string suggest(const CommandEntry& top, std::span<const std::string> words);

}  // namespace vidbench::cli
