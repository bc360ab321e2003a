// The leaderboard of one run: every model with its numbers, score, rank and whether it lies on the Pareto
// front.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "report/score.h"
#include "store/store.h"

namespace vidbench::report {

struct LeaderboardEntry {
  std::string model;
  Json settings = Json::object();  // effective generation settings as the worker reported them
  size_t rank = 0;                 // 1 = best score; equal scores share a rank; 0 = no score, not ranked
  size_t rank_low = 0, rank_high = 0;
  bool pareto = false;  // no model has a better quality score and a lower latency
  Score score;
  std::optional<double> quality;  // the score under profile "quality", which the Pareto front uses
  double quality_low = 0, quality_high = 0;
  std::map<std::string, stats::Interval> metrics;
  std::map<std::string, std::string> missing;  // metric id → why it has no value
  size_t planned = 0, done = 0, failed = 0;
};

struct Leaderboard {
  std::string run, directory, state;  // run id; state as store::to_string
  std::string suite, suite_digest, profile, created_at;
  size_t prompts = 0;
  std::vector<uint64_t> seeds;
  Json definition;     // score_definition
  std::string digest;  // definition_digest
  std::vector<store::MetricInfo>
      columns;  // metrics that at least one entry has: headline performance, quality, details
  std::vector<LeaderboardEntry> entries;  // by rank; entries without a score follow in plan order
  std::vector<std::string> notes;         // what a reader must know: failures, missing scores, cached timings
};

// `profile` "" = the suite's (manifest suite.profile), else "balanced". Throws Error(kInput) for an unknown
// run or profile. Works on a run in progress: with what is done so far.
[[nodiscard]] Leaderboard build_leaderboard(store::Store& store, const std::string& run,
                                            const std::string& profile = "");
[[nodiscard]] Leaderboard build_leaderboard(const RunData& data, const std::string& profile = "");

// The document vidbench.leaderboard/1 (docs/scripting.md, schemas/leaderboard.schema.json).
[[nodiscard]] Json to_json(const Leaderboard& board);

// One sentence for people: who is first, how sure that is, and what the fast choice is.
[[nodiscard]] std::string verdict(const Leaderboard& board);

}  // namespace vidbench::report
