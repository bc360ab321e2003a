// Shell completion and the manual page, made from the option table.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "cli/option_table.h"

namespace vidbench::cli {

// What may stand in place of the last of `words` (without the program's name), given those before it: names
// of commands and options, values of fixed lists, ids of models (also behind a comma) and suites. Empty where
// a file is meant, or nothing is known.
[[nodiscard]] std::vector<std::string> completions(const CommandEntry& top,
                                                   std::span<const std::string> words);

// A script for "bash", "zsh" or "fish" that asks `vidbench complete`.
[[nodiscard]] std::string completion_script(const std::string& shell);

// vidbench(1), in man's macros.
[[nodiscard]] std::string manual_page(const CommandEntry& top, const std::string& version);

}  // namespace vidbench::cli
