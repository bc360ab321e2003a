// The public leaderboard of a suite: results that were published out of several runs, in one table.
#pragma once

#include <string>
#include <vector>

#include "report/leaderboard.h"
#include "report/run_data.h"

namespace vidbench::report {

// Why the model's results of a run must not be published, one sentence each; empty = they may. Unfinished or
// failed samples, numbers of unverified weights, a manifest that does not tell the model's version.
[[nodiscard]] std::vector<std::string> objections(const RunData& data, const std::string& model);

// Puts the model's results on the leaderboard of the run's suite. Throws Error(kGateFailed) with the
// objections, Error(kInput) for a model that the run has not.
store::Publication publish(store::Store& store, const std::string& run, const std::string& model);

// All published results of a suite ("": of the suite that was published last). One row for each version of a
// model; the present ones under the model's id, earlier ones as "id (digest)". Results whose metrics are
// defined otherwise than those of the newest run are left out, and the notes say so. Throws Error(kInput)
// when nothing is published.
[[nodiscard]] Leaderboard published_leaderboard(store::Store& store, const std::string& suite,
                                                const std::string& profile = "");

}  // namespace vidbench::report
