// One run as the reports read it: its samples grouped by model, over the (prompt, seed) units that all models
// share.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "store/store.h"

namespace vidbench::report {

// One prompt with one seed: what every model is asked, and what is resampled and paired.
using Unit = std::pair<std::string, uint64_t>;

struct ModelSamples {
  std::string model;
  std::vector<const store::SampleRecord*> samples;  // in plan order, all states
  const store::ModelFacts* facts = nullptr;         // null until the model was loaded
};

// Movable, not copyable: the groups point into `samples` and `facts`.
struct RunData {
  RunData() = default;
  RunData(RunData&&) = default;
  RunData& operator=(RunData&&) = default;
  RunData(const RunData&) = delete;
  RunData& operator=(const RunData&) = delete;

  store::RunRecord run;
  std::vector<store::MetricInfo> metrics;    // of the manifest, in its order
  std::vector<store::SampleRecord> samples;  // plan order
  std::vector<store::ModelFacts> facts;
  std::map<std::string, store::ReferenceFeatures> references;  // feature id → rows; absent = not computed yet
  std::map<std::string, std::string> reference_keys;           // feature id → key
  std::vector<Unit> units;                                     // in plan order
  std::map<Unit, size_t> unit_index;
  std::vector<ModelSamples> models;  // in plan order
};

// Groups `samples` and `facts` by unit and model: for data that were put together by hand.
void group(RunData& data);

// `run` as Store::run takes it. Throws Error(kInput) for an unknown run or a manifest that is not readable.
[[nodiscard]] RunData load_run_data(store::Store& store, const std::string& run, bool with_features);

// Runs whose numbers may stand in one table: the same suite, metrics with the same definitions, the same
// prompts and seeds. Runs with equal keys may.
[[nodiscard]] std::string comparable_key(const RunData& data);
// One run made of several with the same comparable_key, at least one; `run` is the first's. Each of their
// models is renamed by `label(run id, model)`, which must give different names.
[[nodiscard]] RunData join_runs(
    std::vector<RunData> runs,
    const std::function<std::string(const std::string&, const std::string&)>& label);

// Evaluated samples of the model, in plan order.
[[nodiscard]] std::vector<const store::SampleRecord*> evaluated(const ModelSamples& model);

}  // namespace vidbench::report
