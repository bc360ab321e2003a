// Executes a plan, or what is left of it, and leaves a store and a run directory that tell all of it.
#pragma once

#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/observer.h"
#include "engine/plan.h"
#include "engine/retry.h"
#include "store/store.h"

namespace vidbench::engine {

enum class Overlap {
  kAuto,  // evaluate while generating, unless both would compete for the same CPU cores
  kOn,
  kOff,
};

struct RunOptions {
  std::filesystem::path runs_directory;  // each run gets a folder in it
  std::string run_id;                    // of the new run; "" = made of suite and time
  std::filesystem::path cache_directory;
  std::vector<std::string> evaluator;     // command of the metric worker
  std::string suite_source;               // as the user named it; resume reads the suite from there again
  std::vector<std::string> command_line;  // for the manifest
  Json configuration = Json::object();    // for the manifest: files, profile, catalogues
  PlanOptions plan;
  RetryPolicy retry;
  Overlap overlap = Overlap::kAuto;
  int workers = 1;  // models that generate at the same time
  int threads = 0;  // CPU threads a worker may use; 0 = the machine's share
  std::string device = "auto";
  bool offline = true;
  bool fail_fast = false;
  bool use_cache = true;
  int preview_prompts = 6;  // prompts whose videos are encoded for the report; 0 = none
};

struct RunResult {
  std::string run;
  store::RunState state = store::RunState::kDone;
  size_t planned = 0, evaluated = 0, failed = 0;
  size_t generated_from_cache = 0, scored_from_cache = 0;
};

// Of the suite's id and the time.
[[nodiscard]] std::string new_run_id(const std::string& suite);

// Creates the run and executes it. Failed samples are in the result, not thrown. Throws Error(kEnvironment)
// when the metric worker or the store does not work at all.
[[nodiscard]] RunResult start_run(store::Store& store, const Plan& plan, const RunOptions& options,
                                  Observer& observer, std::stop_token stop);

// Goes on with a run that did not end (or ended with failed samples, when `retry_failed`). `plan` must be
// made from the same suite and models: a different digest is an Error(kInput) that says which.
[[nodiscard]] RunResult resume_run(store::Store& store, const store::RunRecord& run, const Plan& plan,
                                   const RunOptions& options, Observer& observer, std::stop_token stop,
                                   bool retry_failed);

// True while some process works on the run in this directory. A run that says "running" but is not active was
// killed.
[[nodiscard]] bool run_is_active(const std::filesystem::path& directory);

}  // namespace vidbench::engine
