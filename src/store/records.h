// What a run leaves behind: plain records, shared by the engine (which writes) and the reports (which read).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"

namespace vidbench::store {

// Why a sample has no result; `kind` is a failure class of docs/worker-protocol.md.
struct Failure {
  std::string kind;
  std::string message;   // one line
  std::string log_tail;  // last lines of the worker's stderr, may be empty
};

// A metric as its worker describes it (docs/worker-protocol.md, `initialize`).
struct MetricInfo {
  std::string id;
  int version = 1;
  std::string title;
  std::string unit;
  bool higher_is_better = true;
  std::optional<double> minimum, maximum;
  bool is_set = false;   // a statistic of a set of videos, reduced from `features`
  std::string reducer;   // "mean", "frechet", "frechet-biased", "kernel", "jedi", "inception"
  std::string features;  // feature id, for set metrics
  int64_t row_size = 0;  // a video's features are rows of that many numbers each; 0 = one row
  std::vector<std::string> needs;
  std::string definition;
  std::string failure_cases;  // known ones: when not to believe it
  std::string citation;
  std::string licence;  // of the computation and its weights; SPDX where there is an identifier
  std::vector<std::string> weights_files;  // official names of the weight files, empty when it has none
  std::string weights_sha256;  // of the networks it uses; part of its definition, "" when it has none
  bool unverified = false;     // a file of weights is not the official one; such a number is never ranked
  std::string precision;       // of those networks, "" for float32; part of the definition, too
  int64_t minimum_videos = 0;  // a set statistic of fewer says little; 0 = no minimum
  std::string unavailable;  // why the worker cannot compute it ("weights … are not there"), "" when it can
};
// Whether `needs` lists it: "prompt", "auxiliary", "reference", "paired".
[[nodiscard]] bool needs(const MetricInfo& metric, std::string_view what);

// What a video was asked to show.
struct Asked {
  std::string prompt;               // "" when nobody says
  Json auxiliary = Json::object();  // what evaluators need beside the text, by VBench's dimension
  // Of VBench, that the prompt was written for; none: nobody says, so that it will do for any.
  std::optional<std::vector<std::string>> dimensions;

  bool operator==(const Asked&) const = default;
};
// Why the metric has nothing to judge in a video of that question ("the video has no prompt"), "" when it
// has. VBench's dimensions ("vbench/object-class") are for the prompts that name them.
[[nodiscard]] std::string not_asked(const MetricInfo& metric, const Asked& asked);
[[nodiscard]] Json to_json(const MetricInfo& metric);
// Throws Error(kInput) naming the missing or mistyped member.
[[nodiscard]] MetricInfo metric_info_from_json(const Json& json);

enum class RunState { kRunning, kDone, kFailed, kInterrupted };
[[nodiscard]] std::string to_string(RunState state);
[[nodiscard]] RunState run_state_from_string(const std::string& text);

struct RunRecord {
  std::string id;
  std::string suite;  // suite id
  std::string suite_digest;
  RunState state = RunState::kRunning;
  std::string created_at, finished_at;  // RFC 3339 UTC; finished_at "" while running
  std::string directory;                // absolute
  std::string imported_from;            // content digest of the bundle that brought it; "" = made here
  Json manifest;  // DESIGN: suite, models, seeds, versions, hardware, command, metrics (MetricInfo list)
};

// A model's results of one run that stand on the public leaderboard of a suite.
struct Publication {
  std::string run, model, model_digest;
  std::string suite, suite_digest;
  std::string published_at;  // RFC 3339 UTC
};

// What a model's worker reported when it was loaded, and what was measured around it.
struct ModelFacts {
  std::string model;  // catalogue id
  Json settings;      // effective generation settings: steps, guidance, dtype, frames, …
  std::optional<uint64_t> parameters;
  std::optional<uint64_t> weights_bytes;
  std::string weights_sha256;
  std::string device, dtype;
  double load_s = 0;
  Json versions = Json::object();
};

enum class SampleState { kPlanned, kGenerated, kEvaluated, kFailed };
[[nodiscard]] std::string to_string(SampleState state);
[[nodiscard]] SampleState sample_state_from_string(const std::string& text);

struct GeneratedVideo {
  std::string path;    // absolute, in the content-addressed cache or the run directory
  std::string sha256;  // of the file
  int frames = 0, height = 0, width = 0;
  double fps = 0;
  double latency_s = 0;  // of this video, see docs/worker-protocol.md
  double batch_s = 0;    // of the batch it was generated in
  int batch_size = 1;
  uint64_t peak_memory_bytes = 0;
  bool from_cache = false;  // timings are then those of the generation that filled the cache
};

struct Measurements {
  std::map<std::string, double> values;                // metric id → value (sample metrics)
  std::map<std::string, std::vector<float>> features;  // feature id → vector, of MetricInfo::row_size's rows
  std::map<std::string, std::string> missing;          // metric id → why this video has no value of it
};

// An entry of the score cache.
struct ScoreEntry {
  std::string key;
  Measurements measurements;
};

struct SampleRecord {
  std::string id;          // unique in its run, safe in file names: "s000012"
  std::string model;       // catalogue id
  std::string prompt_ref;  // "quickstart/7" for public suites, else a keyed hash
  std::string category;
  uint64_t seed = 0;
  int batch = 0;    // samples of one batch are generated together and committed together
  std::string key;  // content address of the generation
  SampleState state = SampleState::kPlanned;
  int attempts = 0;
  std::optional<GeneratedVideo> video;
  std::optional<Measurements> measurements;
  std::optional<Failure> failure;
};

// A video of a folder that is scored by itself.
struct VideoMeasurements {
  std::string file;  // relative to the folder that was given
  std::string path;
  Asked asked;
  std::string paired;                        // path of the video it is compared with, "" when it has none
  std::string unpaired;                      // then: why, for metrics that need one
  std::optional<Measurements> measurements;  // neither this nor a failure: not reached
  std::optional<Failure> failure;
};

// One number of a run: metric, model, value with its 95 % interval.
struct Aggregate {
  std::string model;
  std::string metric;  // a metric id, or "latency", "latency_p95", "throughput", "peak_memory", "model_size"
  double value = 0;
  double low = 0, high = 0;
  int64_t n = 0;
};

// The features of a reference set, row-major [rows, dim].
struct ReferenceFeatures {
  int64_t rows = 0, dim = 0;
  std::vector<float> data;
};

// A whole run, as it goes from one store to another.
struct RunContent {
  RunRecord run;
  std::vector<SampleRecord> samples;  // in plan order, with features
  std::vector<ModelFacts> facts;
  std::vector<Aggregate> aggregates;
  std::vector<Json> events;                             // {at, kind, detail}
  std::map<std::string, ReferenceFeatures> references;  // by key
};

}  // namespace vidbench::store
