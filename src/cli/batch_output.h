// What `vidbench batch` prints and writes: the plan, the summary, leaderboards over its runs.
#pragma once

#include <string>
#include <vector>

#include "batch/execution.h"
#include "cli/context.h"
#include "cli/output.h"
#include "report/leaderboard.h"

namespace vidbench::cli {

struct BatchView {
  const batch::Batch& batch;
  const std::vector<batch::Cell>& cells;
  const std::vector<batch::CellResult>& results;
};

// What would run, in its order. "vidbench.batch-plan/1" in JSON.
void print_batch_plan(const BatchView& view, const Output& output);

// One leaderboard for each set of runs whose numbers may stand in one table. `profile` "" = the suite's.
[[nodiscard]] std::vector<report::Leaderboard> batch_leaderboards(const BatchView& view, store::Store& store,
                                                                  const std::string& profile);

// "vidbench.batch/1".
[[nodiscard]] Json batch_json(const BatchView& view, const batch::Journal& journal,
                              const std::vector<report::Leaderboard>& boards);

void print_batch_summary(const BatchView& view, const batch::Journal& journal,
                         const std::vector<report::Leaderboard>& boards, const Output& output);

// summary.json, summary.csv and summary.md in the journal's folder, each the old or the new one, whole.
void write_batch_summary(const BatchView& view, const batch::Journal& journal,
                         const std::vector<report::Leaderboard>& boards);

}  // namespace vidbench::cli
