// What `vidbench run --dry-run` prints.
#pragma once

#include <string>

#include "cli/output.h"
#include "engine/plan.h"
#include "engine/run.h"
#include "store/store.h"

namespace vidbench::cli {

// The estimate of each model, what would be executed for its first sample, and what is missing here.
void print_plan(store::Store& store, const engine::Plan& plan, const engine::RunOptions& options,
                const Output& output);

}  // namespace vidbench::cli
