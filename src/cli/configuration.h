// The configuration as the command line takes it in: before the words are parsed.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "cli/context.h"

namespace vidbench::cli {

// The words of a command line without `--profile NAME`, and that name ("" = $VIDBENCH_PROFILE, or none). The
// names of score profiles stay with the commands that have an option --profile of their own. Throws
// Error(kInput) for a second one.
struct GlobalWords {
  std::string profile;
  std::vector<std::string> words;
};
[[nodiscard]] GlobalWords take_profile(const std::vector<std::string>& words);

// Reads the configuration into `context` and publishes it. A fault is kept there, and thrown by
// context.configuration().
void load_configuration(Context& context, const std::string& profile);

// Makes what is configured the default of the options that say the same. Throws Error(kInput) with the place
// of a value that an option refuses.
void configure_options(CLI::App& app, const config::Settings& settings);

// Of variables that are probably mistyped.
void warn_of_variables();

// {"files", "profile", "catalogues": [{"folder", "commit", "address"}]} for a run's manifest, without the
// home folder's name and without passwords.
[[nodiscard]] Json describe_configuration(const Context& context);

// Whether the words lead to a command that works without a sound configuration: config, completion, help.
[[nodiscard]] bool needs_no_configuration(const std::vector<std::string>& words);

}  // namespace vidbench::cli
