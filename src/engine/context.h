// What the stages of one execution share. Internal to the engine.
#pragma once

#include <atomic>
#include <mutex>
#include <shared_mutex>
#include <stop_token>

#include "engine/cache.h"
#include "engine/journal.h"
#include "engine/observer.h"
#include "engine/plan.h"
#include "engine/queue.h"
#include "engine/run.h"

namespace vidbench::engine {

// Samples that are generated and wait for their evaluation; empty `samples` never occurs.
struct EvaluationItem {
  std::vector<store::SampleRecord> samples;
  std::vector<store::Asked> asked;  // per sample
};

struct Context {
  Context(store::Store& store, const std::string& run, const Plan& plan_in, const RunOptions& options_in,
          Observer& observer_in, std::stop_token stop_in)
      : plan(plan_in),
        options(options_in),
        observer(observer_in),
        stop(stop_in),
        journal(store, run),
        cache(options_in.cache_directory) {}

  const Plan& plan;
  const RunOptions& options;
  std::filesystem::path directory;  // of the run
  Observer& observer;
  std::mutex observer_mutex;
  std::stop_token stop;  // the user's; `halt` also counts (fail-fast)
  std::atomic<bool> halt{false};
  Journal journal;
  VideoCache cache;
  BoundedQueue<EvaluationItem> evaluation{8};
  // Held shared by a generation that is timed, exclusively by an evaluation that must not disturb it.
  std::shared_mutex quiet;
  bool overlap = false;
  std::atomic<size_t> generated_from_cache{0}, scored_from_cache{0};
  std::atomic<bool> gave_up{false};  // a model was left unfinished (failure budget, cannot start)

  [[nodiscard]] bool stopping() const { return stop.stop_requested() || halt.load(); }
  template <typename Function>
  void notify(Function&& function) {
    const std::lock_guard lock(observer_mutex);
    function(observer);
  }
};

}  // namespace vidbench::engine
