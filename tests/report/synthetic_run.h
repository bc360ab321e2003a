// A store with one made-up run that looks like a real one: models of known order, some failures, shared
// prompts.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/files.h"
#include "store/store.h"

namespace vidbench::report {

struct SyntheticModel {
  std::string id;
  double quality = 0.5;  // 0…1, moves every quality metric
  double latency_s = 0.2;
  double memory_bytes = 4e8;
  size_t failures = 0;  // the first samples fail
};

struct SyntheticOptions {
  std::string run = "20261125-081530-abcd";
  std::string suite_digest = "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0";
  std::vector<SyntheticModel> models;
  size_t prompts = 24, seeds = 1, batch_size = 8, single_stream = 8;
  bool done = true;  // false: every sample is still planned
  int frechet_version = 1;
};

[[nodiscard]] std::vector<SyntheticModel> eight_models();

class SyntheticStore {
 public:
  SyntheticStore();
  void add(const SyntheticOptions& options);
  [[nodiscard]] store::Store& store() { return *store_; }
  [[nodiscard]] const TemporaryDirectory& folder() const { return folder_; }

 private:
  TemporaryDirectory folder_;
  std::unique_ptr<store::Store> store_;
};

}  // namespace vidbench::report
