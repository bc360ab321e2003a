// The store as the engine's threads share it: one lock, each call one committed transaction.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "store/store.h"

namespace vidbench::engine {

class Journal {
 public:
  Journal(store::Store& store, std::string run) : store_(store), run_(std::move(run)) {}

  void commit(const std::vector<store::SampleRecord>& outcomes) {
    const std::lock_guard lock(mutex_);
    store_.commit(run_, outcomes);
  }
  void event(const std::string& kind, const Json& detail) {
    const std::lock_guard lock(mutex_);
    store_.append_event(run_, kind, detail);
  }
  void facts(const store::ModelFacts& facts) {
    const std::lock_guard lock(mutex_);
    store_.put_model_facts(run_, facts);
  }
  // Any other access, under the same lock.
  template <typename Function>
  auto with_store(Function&& function) {
    const std::lock_guard lock(mutex_);
    return function(store_);
  }
  [[nodiscard]] const std::string& run() const { return run_; }

 private:
  std::mutex mutex_;
  store::Store& store_;
  std::string run_;
};

}  // namespace vidbench::engine
