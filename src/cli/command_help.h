// What --help prints, and how a command line that makes no sense is refused.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "base/error.h"
#include "cli/option_table.h"

namespace vidbench::cli {

// To the command that was typed, as the parser understood it.
[[nodiscard]] CommandPath typed_commands(const CLI::App& app, const CommandEntry& top);

// The help of the command that `path` ends with, in lines of at most `columns` (no less than 40).
[[nodiscard]] std::string command_help(const CommandPath& path, size_t columns);

// One line that says what was not understood, with the nearest thing that is. `app` is as parsing left it.
[[nodiscard]] Error usage_error(const CLI::ParseError& error, const CLI::App& app, const CommandEntry& top);

}  // namespace vidbench::cli
