// The subcommands of `vidbench models` that have a file of their own.
#pragma once

#include <CLI/CLI.hpp>

#include "cli/context.h"
#include "cli/model_memory.h"
#include "registry/select.h"

namespace vidbench::cli {

void add_models_add_command(CLI::App& models);
void add_models_export_command(CLI::App& models, Context& context);
void add_models_integrate_command(CLI::App& models, Context& context);
void add_models_validate_command(CLI::App& models, Context& context);
void add_models_versions_command(CLI::App& models, Context& context);

// What chooses models of the catalogue.
struct ModelFilter {
  registry::Filter card;
  bool fitting = false;  // of which this hardware has what they need
};
// --task, --licence, …, --runs-here.
void add_filter_options(CLI::App& command, ModelFilter& filter);
// Leaves the models that pass; limits of GPU memory are held against what was measured. Throws Error(kInput)
// for a word that no model of `registry` has.
void keep_passing(std::vector<const registry::Model*>& models, const registry::Registry& registry,
                  const ModelFilter& filter, const ModelMemory& memory);

}  // namespace vidbench::cli
