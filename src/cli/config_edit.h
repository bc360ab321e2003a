// vidbench config set, unset and edit: what changes a configuration file.
#pragma once

#include <CLI/CLI.hpp>

#include "cli/context.h"

namespace vidbench::cli {

void add_config_changes(CLI::App& config_command, Context& context);

}  // namespace vidbench::cli
