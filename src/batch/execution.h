// Runs a batch's cells in their order, within its budget: what is done is skipped, what was interrupted goes
// on, what failed does not stop the others.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "batch/expand.h"
#include "batch/journal.h"
#include "engine/estimate.h"
#include "engine/observer.h"
#include "store/store.h"

namespace vidbench::batch {

enum class CellState {
  kPending,      // not reached
  kDone,         // every sample has its result
  kFailed,       // some have none, or the run could not begin
  kInterrupted,  // by the user, or because the budget of time was used up
  kSkipped,      // not begun: `reason` says why
};
[[nodiscard]] std::string to_string(CellState state);

struct CellResult {
  CellState state = CellState::kPending;
  std::string reason;                        // "" when the state says all
  std::string run;                           // id; "" while its model cannot run here
  bool earlier = false;                      // it had ended before this call
  size_t planned = 0, done = 0, failed = 0;  // samples
  double seconds = 0;                        // of all calls
  uint64_t bytes = 0;                        // on disk, without what came from the cache
  Costs cost;                                // of all calls
  engine::ModelEstimate estimate;            // of what is left to do before this call
};

struct Totals {
  double seconds = 0;
  uint64_t bytes = 0;
  Costs cost;
};
[[nodiscard]] Totals totals(const std::vector<CellResult>& cells, const Journal& journal);

struct BatchOptions {
  engine::RunOptions run;     // what cells do not set
  bool retry_failed = false;  // failed samples of earlier calls, too
};

// What somebody who watches is told. Called from one thread; the observer gets what the engine tells of one
// run.
class Watcher {
 public:
  virtual ~Watcher() = default;
  [[nodiscard]] virtual engine::Observer& begins(const Cell& cell, size_t index) = 0;
  // After a cell's end, whatever it was; `results` has all that are known.
  virtual void ended(size_t index, const std::vector<CellResult>& results) = 0;
};

// What is known of the cells before anything runs: estimates, and what the store has of them already.
[[nodiscard]] std::vector<CellResult> look(const Batch& batch, const std::vector<Cell>& cells,
                                           store::Store& store, const BatchOptions& options);

// Runs the cells. A hosted model needs `options.run.offline` false, and a budget of cost when its price is
// known. Throws for a store or journal that does not work; what goes wrong in a run is its result.
[[nodiscard]] std::vector<CellResult> execute(const Batch& batch, const std::vector<Cell>& cells,
                                              store::Store& store, Journal& journal,
                                              const BatchOptions& options, Watcher& watcher,
                                              std::stop_token stop);

}  // namespace vidbench::batch
