// The subcommands of `vidbench models` that have a file of their own.
#pragma once

#include <CLI/CLI.hpp>

#include "cli/context.h"
#include "registry/select.h"

namespace vidbench::cli {

void add_models_export_command(CLI::App& models, Context& context);
void add_models_versions_command(CLI::App& models, Context& context);

// --task, --licence, … of commands that choose models of the catalogue.
void add_filter_options(CLI::App& command, registry::Filter& filter);

}  // namespace vidbench::cli
