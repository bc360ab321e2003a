// What a run tells whoever watches it.
#pragma once

#include <string>

#include "store/records.h"
#include "store/store.h"
#include "workers/runner.h"

namespace vidbench::engine {

// Called from the engine's threads, one call at a time; must return quickly.
class Observer {
 public:
  virtual ~Observer() = default;
  // Totals of the whole run, known once: samples, and how many of them were already done.
  virtual void on_start(size_t samples, size_t generated, size_t evaluated) = 0;
  virtual void on_stage(const std::string& text) = 0;  // "loading shapes-base-8"
  virtual void on_progress(const std::string& model, const workers::Progress& progress) = 0;
  // After the commit. `count` samples of `model` reached this state.
  virtual void on_samples(const std::string& model, store::SampleState state, size_t count,
                          size_t from_cache) = 0;
  virtual void on_failure(const std::string& sample, const store::Failure& failure, bool will_retry) = 0;
  // Every sample of some model has ended while others still have some: the time to write down what is known.
  // Where timings could be disturbed, no generation goes on meanwhile. `store` is the run's, for this call.
  virtual void on_model_ended(store::Store& /*store*/, const std::string& /*run*/) {}
};

}  // namespace vidbench::engine
