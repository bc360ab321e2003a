// What the stages of one execution share. Internal to the engine.
#pragma once

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <stop_token>
#include <string>
#include <utility>

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

// How many samples of each model have not ended yet. Thread-safe.
class OpenSamples {
 public:
  void add(const std::string& model, size_t count) {
    const std::lock_guard lock(mutex_);
    open_[model] += count;
  }
  void ended(const std::string& model, size_t count) {
    const std::lock_guard lock(mutex_);
    size_t& left = open_[model];
    left -= std::min(left, count);
    if (left > 0) return;
    open_.erase(model);
    model_ended_ = true;
  }
  // Whether a model ended since the last call, and others have not.
  [[nodiscard]] bool take_news() {
    const std::lock_guard lock(mutex_);
    return std::exchange(model_ended_, false) && !open_.empty();
  }

 private:
  std::mutex mutex_;
  std::map<std::string, size_t> open_;
  bool model_ended_ = false;
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
  OpenSamples open;
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
