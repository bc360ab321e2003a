// Where results live: runs, samples, measurements, aggregates, events, reference features. One class per
// backend.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "store/model_versions.h"
#include "store/records.h"

namespace vidbench::store {

// Every call is one transaction: after it returns, its effect survives SIGKILL and power loss.
// Errors: Error(kInput) for an unknown run, Error(kEnvironment) for a store that cannot be opened or is
// locked for more than the busy time. Thread rule: one Store per thread, or external locking.
class Store {
 public:
  virtual ~Store() = default;

  virtual void create_run(const RunRecord& run, std::span<const SampleRecord> samples) = 0;
  // A run with all that it found, in one transaction. Throws Error(kInput) when its id is taken.
  virtual void import_run(const RunContent& content) = 0;
  // The counterpart; `run` is a full id.
  [[nodiscard]] RunContent export_run(const std::string& run);
  [[nodiscard]] virtual bool has_run(const std::string& id) = 0;  // this very id
  // Full id, a unique prefix of one, or "last".
  [[nodiscard]] virtual RunRecord run(const std::string& id_or_prefix) = 0;
  [[nodiscard]] virtual std::vector<RunRecord> runs() = 0;  // newest first
  virtual void set_run_state(const std::string& run, RunState state) = 0;
  virtual void set_manifest(const std::string& run, const Json& manifest) = 0;
  virtual void remove_run(const std::string& run) = 0;

  // In plan order. `with_features` loads feature vectors too (they are large).
  [[nodiscard]] virtual std::vector<SampleRecord> samples(const std::string& run, bool with_features) = 0;

  // Commit the outcome of a batch: each record's id names the sample; state, attempts, video, measurements
  // and failure are taken from it. A sample that is already evaluated is never changed (a late duplicate is
  // ignored).
  virtual void commit(const std::string& run, std::span<const SampleRecord> outcomes) = 0;

  virtual void put_model_facts(const std::string& run, const ModelFacts& facts) = 0;
  [[nodiscard]] virtual std::vector<ModelFacts> model_facts(const std::string& run) = 0;

  // The largest memory per version, device and dtype; of the catalogue id `model`, "" = of all. One query.
  [[nodiscard]] virtual std::vector<MeasuredModel> memory_peaks(const std::string& model = "") = 0;
  // Every run of the catalogue id, newest first.
  [[nodiscard]] virtual std::vector<ModelInRun> model_runs(const std::string& model) = 0;

  virtual void put_aggregates(const std::string& run, std::span<const Aggregate> aggregates) = 0;  // replaces
  [[nodiscard]] virtual std::vector<Aggregate> aggregates(const std::string& run) = 0;

  // One for each suite and version of a model (its digest): a new one takes the old one's place. It goes with
  // its run.
  virtual void publish(const Publication& publication) = 0;
  virtual void withdraw(const std::string& run, const std::string& model) = 0;
  [[nodiscard]] virtual std::vector<Publication> publications() = 0;  // by suite, model, newest first

  // The journal: what happened, in order (worker started, batch retried, …).
  virtual void append_event(const std::string& run, const std::string& kind, const Json& detail) = 0;
  [[nodiscard]] virtual std::vector<Json> events(const std::string& run) = 0;  // {at, kind, detail}

  // Content-addressed: the key determines the content.
  virtual void put_reference(const std::string& key, const ReferenceFeatures& features) = 0;
  [[nodiscard]] virtual std::optional<ReferenceFeatures> reference(const std::string& key) = 0;
  // Score cache: measurements by key (video sha256 + metric definition + prompt).
  virtual void put_scores(std::span<const ScoreEntry> entries) = 0;
  [[nodiscard]] virtual std::optional<Measurements> score(const std::string& key) = 0;
};

// "sqlite:PATH" (a bare path is taken as one). Creates the file and its folders, migrates an older schema.
[[nodiscard]] std::unique_ptr<Store> open_store(const std::string& url);
// Whether open_store would find a store rather than make one.
[[nodiscard]] bool store_exists(const std::string& url);
// sqlite:<data_home>/vidbench.db
[[nodiscard]] std::string default_store_url();

}  // namespace vidbench::store
