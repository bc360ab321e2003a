// What a batch has used so far, kept across calls, kills and power cuts.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "base/json.h"

namespace vidbench::batch {

using Costs = std::map<std::string, double>;  // currency → amount

// A folder with `journal.jsonl` (one line an event, synced) and `running.json` (how long the run in progress
// has taken). One process at a time: the others get an Error(kInput). What cannot be written is an
// Error(kEnvironment); a line that a crash left half written is dropped. One thread.
class Journal {
 public:
  explicit Journal(std::filesystem::path folder);
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  // A run begins. `cost` is what its directory tells of its cost so far (it may be resumed).
  void started(const std::string& run, const Costs& cost);
  // It has taken this long; written once a second at most, and not at all on a full disk.
  void beat(double seconds);
  // It ended, or was interrupted. `outcome`: members for readers (state, reason, samples).
  void ended(const std::string& run, double seconds, const Costs& cost, const Json& outcome);
  // A run that a kill left without its end is ended now, with the time of its last beat.
  // `cost_of(run)` is what its directory tells.
  template <typename CostOf>
  void close_killed(CostOf&& cost_of) {
    if (!open_run_.empty()) ended(open_run_, beaten_s_, cost_of(open_run_), {{"state", "killed"}});
  }

  [[nodiscard]] double seconds() const { return seconds_; }  // of all ended runs
  [[nodiscard]] double seconds(const std::string& run) const;
  [[nodiscard]] const Costs& costs() const { return costs_; }
  [[nodiscard]] const Costs& costs(const std::string& run) const;
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }

 private:
  void read();
  void apply(const Json& event);
  void append(Json event);
  void read_beat();

  std::filesystem::path folder_;
  int lock_ = -1, file_ = -1;
  double seconds_ = 0, beaten_s_ = 0;
  int64_t last_beat_ns_ = 0;
  Costs costs_, open_costs_;  // open_costs_: of the run in progress when it began
  std::string open_run_;      // began and not ended
  std::map<std::string, double> seconds_by_run_;
  std::map<std::string, Costs> costs_by_run_;
};

}  // namespace vidbench::batch
