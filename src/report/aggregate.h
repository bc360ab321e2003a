// From samples to one number with a 95 % interval for each metric and model.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "report/resample.h"
#include "stats/bootstrap.h"

namespace vidbench::report {

// A number of one model. `replicates` (kJointReplicates, centred for set statistics) are paired between
// models for metrics of videos and independent for performance; NaN where a redraw left too few samples.
struct Estimate {
  stats::Interval interval;
  std::vector<double> replicates;
};

struct ModelEstimates {
  std::string model;
  std::map<std::string, Estimate> metrics;     // metric id or performance id; only what could be computed
  std::map<std::string, std::string> missing;  // metric id → why there is no number
  size_t planned = 0, done = 0, failed = 0;    // samples; done = evaluated
  size_t cached_timings = 0;                   // videos whose timings come from an earlier generation
};

// In plan order. Deterministic: the same samples give the same numbers, whatever order they were finished in.
// Failed samples enter no number and are counted; a value that is not finite is left out of its mean.
[[nodiscard]] std::vector<ModelEstimates> estimate(const RunData& data);

// What `Store::put_aggregates` keeps: each number of `estimate`, in plan order, then by id.
[[nodiscard]] std::vector<store::Aggregate> aggregate_run(store::Store& store, const std::string& run);

// The performance numbers as metrics (unit, direction, definition), in display order: latency, latency_p95,
// throughput, peak_memory, load_time, model_size, parameters.
[[nodiscard]] const std::vector<store::MetricInfo>& performance_metrics();

// Part of `estimate`: fills the performance numbers of one model.
void estimate_performance(const ModelSamples& model, ModelEstimates& result);

}  // namespace vidbench::report
