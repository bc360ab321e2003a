// The subcommands of `vidbench models` that have a file of their own.
#pragma once

#include <CLI/CLI.hpp>

#include "cli/context.h"

namespace vidbench::cli {

void add_models_add_command(CLI::App& models);
void add_models_integrate_command(CLI::App& models, Context& context);

}  // namespace vidbench::cli
