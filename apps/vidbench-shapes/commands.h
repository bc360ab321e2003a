// The subcommands of vidbench-shapes; each adds its options and its action to the program.
#pragma once

#include <CLI/CLI.hpp>

namespace vidbench::shapes::cli {

void add_render(CLI::App& app);
void add_train(CLI::App& app);
void add_generate(CLI::App& app);
void add_check(CLI::App& app);
void add_worker(CLI::App& app);

}  // namespace vidbench::shapes::cli
