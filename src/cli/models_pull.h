// vidbench models pull and rm: a model's files in the weights store.
#pragma once

#include <string>

#include "base/json.h"
#include "cli/context.h"
#include "cli/pull_options.h"
#include "registry/registry.h"

namespace vidbench::cli {

struct ModelsPullArguments {
  std::string model, format;
  PullArguments pull;
  bool update = false;
};

// Add `models pull` and `models rm`.
void add_models_pull_commands(CLI::App& models, Context& context);

// Where the files of hubs are that the model names: one object each, with `where` "store", "hub-cache" or
// "none". Empty when it names none.
[[nodiscard]] Json cached_files(const registry::Model& model);
// "yes", "no", "partly"; "" when it names none.
[[nodiscard]] std::string cached_word(const registry::Model& model);

}  // namespace vidbench::cli
