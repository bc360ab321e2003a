// From a batch file to its cells: each one model under one suite with one combination of options.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "batch/batch_file.h"
#include "engine/plan.h"
#include "registry/registry.h"
#include "suites/suite.h"

namespace vidbench::batch {

struct Cell {
  std::string entry;  // name of the entry it comes from, "" = none
  int priority = 0;
  std::shared_ptr<const suites::Suite> suite;
  std::string suite_source;  // as suites::find_suite takes it, from any folder
  registry::Model model;     // as it is asked (engine::variant)
  Values options;            // all that the file sets for it
  Values varying;            // those that not all cells share
};

inline constexpr size_t kMaxCells = 10000;

// Deterministic: entries by priority, then in file order; in an entry models, then suites, then options in
// the order of option_rules(). A cell that stands there twice is taken once. Throws Error(kInput) with file
// and line for a model or suite that does not exist, a filter that lets nothing pass, an exclusion that
// leaves nothing out, and more than kMaxCells.
[[nodiscard]] std::vector<Cell> expand(const Batch& batch, const registry::Registry& registry);

// The plan of the cell's run. Throws as engine::make_plan does.
[[nodiscard]] engine::Plan plan_of(const Cell& cell, bool allow_missing);

// What the cell's run is called: the same for the same batch name, model content, suite, settings, seeds and
// device, and another when one of them changes. `plan` is plan_of(cell) of a runnable model.
[[nodiscard]] std::string run_id(const std::string& batch, const Cell& cell, const engine::Plan& plan);

}  // namespace vidbench::batch
