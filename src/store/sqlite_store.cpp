#include <fmt/format.h>

#include <cstring>
#include <filesystem>
#include <map>

#include "base/error.h"
#include "base/files.h"
#include "base/time.h"
#include "store/migrations.h"
#include "store/records_json.h"
#include "store/sqlite_db.h"
#include "store/sqlite_models.h"
#include "store/store.h"

namespace vidbench::store {
namespace {

std::span<const std::byte> bytes_of(const std::vector<float>& values) {
  return std::as_bytes(std::span(values));
}

std::vector<float> floats_of(std::span<const std::byte> bytes) {
  std::vector<float> values(bytes.size() / sizeof(float));
  if (!values.empty()) std::memcpy(values.data(), bytes.data(), values.size() * sizeof(float));
  return values;
}

Json failure_to_json(const Failure& failure) {
  return {{"kind", failure.kind}, {"message", failure.message}, {"log_tail", failure.log_tail}};
}

RunRecord run_from_row(const Statement& row) {
  RunRecord run;
  run.id = row.text(0);
  run.suite = row.text(1);
  run.suite_digest = row.text(2);
  run.state = run_state_from_string(row.text(3));
  run.created_at = row.text(4);
  run.finished_at = row.text(5);
  run.directory = row.text(6);
  run.manifest = Json::parse(row.text(7));
  run.imported_from = row.text(8);
  return run;
}

constexpr std::string_view kPrefix = "sqlite:";
constexpr const char* kRunColumns =
    "SELECT id, suite, suite_digest, state, created_at, finished_at, directory, manifest, imported_from "
    "FROM runs ";

SampleRecord sample_from_row(const Statement& row) {
  SampleRecord sample;
  sample.id = row.text(0);
  sample.model = row.text(1);
  sample.prompt_ref = row.text(2);
  sample.category = row.text(3);
  sample.seed = static_cast<uint64_t>(row.integer(4));
  sample.batch = static_cast<int>(row.integer(5));
  sample.key = row.text(6);
  sample.state = sample_state_from_string(row.text(7));
  sample.attempts = static_cast<int>(row.integer(8));
  if (!row.is_null(9)) sample.video = generated_video_from_json(Json::parse(row.text(9)));
  if (!row.is_null(10)) {
    const Json failure = Json::parse(row.text(10));
    sample.failure = Failure{failure.at("kind"), failure.at("message"), failure.at("log_tail")};
  }
  return sample;
}

class SqliteStore final : public Store {
 public:
  explicit SqliteStore(const std::string& path) : db_(path) { migrate(db_); }

  void create_run(const RunRecord& run, std::span<const SampleRecord> samples) override {
    Transaction transaction(db_);
    insert_run(run, samples);
    transaction.commit();
  }

  void import_run(const RunContent& content) override {
    Transaction transaction(db_);
    const std::string& run = content.run.id;
    if (has_run(run)) throw_input(fmt::format("there is a run {} already", run));
    insert_run(content.run, content.samples);
    for (const ModelFacts& facts : content.facts) insert_facts(run, facts);
    insert_outcomes(run, content.samples);
    insert_aggregates(run, content.aggregates);
    for (const Json& event : content.events)
      insert_event(run, event.at("at"), event.at("kind"), event.at("detail"));
    for (const auto& [key, features] : content.references)
      if (!reference(key)) put_reference(key, features);
    transaction.commit();
  }

  bool has_run(const std::string& id) override {
    return db_.prepare("SELECT 1 FROM runs WHERE id = ?").bind(id).step();
  }

  RunRecord run(const std::string& id_or_prefix) override {
    if (id_or_prefix == "last") {
      Statement query =
          db_.prepare(std::string(kRunColumns) + "ORDER BY created_at DESC, rowid DESC LIMIT 1");
      if (!query.step()) throw_input("there is no run yet", "vidbench run quickstart");
      return run_from_row(query);
    }
    Statement query = db_.prepare(std::string(kRunColumns) +
                                  "WHERE substr(id, 1, length(?1)) = ?1 ORDER BY id = ?1 DESC, id LIMIT 2");
    query.bind(id_or_prefix);
    if (id_or_prefix.empty() || !query.step())
      throw_input(fmt::format("there is no run '{}'", id_or_prefix), "vidbench runs list shows them");
    RunRecord found = run_from_row(query);
    if (found.id != id_or_prefix && query.step())
      throw_input(
          fmt::format("'{}' fits several runs, such as {} and {}", id_or_prefix, found.id, query.text(0)),
          "give more of the id");
    return found;
  }

  std::vector<RunRecord> runs() override {
    std::vector<RunRecord> all;
    Statement query = db_.prepare(std::string(kRunColumns) + "ORDER BY created_at DESC, rowid DESC");
    while (query.step()) all.push_back(run_from_row(query));
    return all;
  }

  void set_run_state(const std::string& run, RunState state) override {
    db_.prepare("UPDATE runs SET state = ?, finished_at = ? WHERE id = ?")
        .bind(to_string(state))
        .bind(state == RunState::kRunning ? std::string() : now_rfc3339())
        .bind(run)
        .execute();
  }

  void set_manifest(const std::string& run, const Json& manifest) override {
    Transaction transaction(db_);
    db_.prepare("UPDATE runs SET manifest = ? WHERE id = ?").bind(manifest.dump()).bind(run).execute();
    insert_run_models(db_, run);
    transaction.commit();
  }

  void remove_run(const std::string& run) override {
    db_.prepare("DELETE FROM runs WHERE id = ?").bind(run).execute();
  }

  std::vector<SampleRecord> samples(const std::string& run, bool with_features) override {
    std::vector<SampleRecord> all;
    std::map<std::string, size_t> index;
    Statement query = db_.prepare(
        "SELECT id, model, prompt_ref, category, seed, batch, key, state, attempts, video, failure "
        "FROM samples WHERE run = ? ORDER BY position");
    query.bind(run);
    while (query.step()) {
      index[query.text(0)] = all.size();
      all.push_back(sample_from_row(query));
      if (all.back().state == SampleState::kEvaluated) all.back().measurements.emplace();
    }
    load_measurements(run, index, all, with_features);
    return all;
  }

  void commit(const std::string& run, std::span<const SampleRecord> outcomes) override {
    Transaction transaction(db_);
    insert_outcomes(run, outcomes);
    transaction.commit();
  }

  void put_model_facts(const std::string& run, const ModelFacts& facts) override {
    Transaction transaction(db_);
    insert_facts(run, facts);
    transaction.commit();
  }

  std::vector<MeasuredModel> memory_peaks(const std::string& model) override {
    return read_memory_peaks(db_, model);
  }

  std::vector<ModelInRun> model_runs(const std::string& model) override {
    return read_model_runs(db_, model);
  }

  std::vector<ModelFacts> model_facts(const std::string& run) override {
    std::vector<ModelFacts> all;
    Statement query = db_.prepare("SELECT model, facts FROM model_facts WHERE run = ? ORDER BY model");
    query.bind(run);
    while (query.step()) {
      ModelFacts& facts = all.emplace_back(model_facts_from_json(Json::parse(query.text(1))));
      facts.model = query.text(0);
    }
    return all;
  }

  void publish(const Publication& publication) override {
    db_.prepare("INSERT OR REPLACE INTO publications VALUES (?, ?, ?, ?, ?, ?)")
        .bind(publication.suite)
        .bind(publication.suite_digest)
        .bind(publication.model)
        .bind(publication.model_digest)
        .bind(publication.run)
        .bind(publication.published_at)
        .execute();
  }

  void withdraw(const std::string& run, const std::string& model) override {
    db_.prepare("DELETE FROM publications WHERE run = ? AND model = ?").bind(run).bind(model).execute();
  }

  std::vector<Publication> publications() override {
    std::vector<Publication> all;
    Statement query = db_.prepare(
        "SELECT run, model, model_digest, suite, suite_digest, published_at FROM publications "
        "ORDER BY suite, model, published_at DESC, model_digest");
    while (query.step())
      all.push_back(
          {query.text(0), query.text(1), query.text(2), query.text(3), query.text(4), query.text(5)});
    return all;
  }

  void put_aggregates(const std::string& run, std::span<const Aggregate> aggregates) override {
    Transaction transaction(db_);
    insert_aggregates(run, aggregates);
    transaction.commit();
  }

  std::vector<Aggregate> aggregates(const std::string& run) override {
    std::vector<Aggregate> all;
    Statement query = db_.prepare(
        "SELECT model, metric, value, low, high, n FROM aggregates WHERE run = ? ORDER BY model, metric");
    query.bind(run);
    while (query.step())
      all.push_back(
          {query.text(0), query.text(1), query.real(2), query.real(3), query.real(4), query.integer(5)});
    return all;
  }

  void append_event(const std::string& run, const std::string& kind, const Json& detail) override {
    insert_event(run, now_rfc3339(), kind, detail);
  }

  std::vector<Json> events(const std::string& run) override {
    std::vector<Json> all;
    Statement query = db_.prepare("SELECT at, kind, detail FROM events WHERE run = ? ORDER BY seq");
    query.bind(run);
    while (query.step())
      all.push_back({{"at", query.text(0)}, {"kind", query.text(1)}, {"detail", Json::parse(query.text(2))}});
    return all;
  }

  void put_reference(const std::string& key, const ReferenceFeatures& features) override {
    db_.prepare("INSERT OR REPLACE INTO reference_features VALUES (?, ?, ?, ?)")
        .bind(key)
        .bind(features.rows)
        .bind(features.dim)
        .bind_blob(bytes_of(features.data))
        .execute();
  }

  std::optional<ReferenceFeatures> reference(const std::string& key) override {
    Statement query = db_.prepare("SELECT rows, dim, data FROM reference_features WHERE key = ?");
    query.bind(key);
    if (!query.step()) return std::nullopt;
    return ReferenceFeatures{query.integer(0), query.integer(1), floats_of(query.blob(2))};
  }

  void put_scores(std::span<const ScoreEntry> entries) override {
    Transaction transaction(db_);
    for (const auto& [key, measurements] : entries) {
      const auto content = Json::to_cbor({{"values", measurements.values},
                                          {"features", measurements.features},
                                          {"missing", measurements.missing}});
      db_.prepare("INSERT OR REPLACE INTO scores VALUES (?, ?)")
          .bind(key)
          .bind_blob(std::as_bytes(std::span(content)))
          .execute();
    }
    transaction.commit();
  }

  std::optional<Measurements> score(const std::string& key) override {
    Statement query = db_.prepare("SELECT content FROM scores WHERE key = ?");
    query.bind(key);
    if (!query.step()) return std::nullopt;
    const auto blob = query.blob(0);
    const auto* first = reinterpret_cast<const uint8_t*>(blob.data());
    const Json content = Json::from_cbor(first, first + blob.size());
    Measurements measurements;
    content.at("values").get_to(measurements.values);
    content.at("features").get_to(measurements.features);
    if (content.contains("missing")) content["missing"].get_to(measurements.missing);
    return measurements;
  }

 private:
  void insert_run(const RunRecord& run, std::span<const SampleRecord> samples) {
    db_.prepare("INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")
        .bind(run.id)
        .bind(run.suite)
        .bind(run.suite_digest)
        .bind(to_string(run.state))
        .bind(run.created_at)
        .bind(run.finished_at)
        .bind(run.directory)
        .bind(run.manifest.dump())
        .bind(run.imported_from)
        .execute();
    insert_run_models(db_, run.id);
    Statement insert = db_.prepare(
        "INSERT INTO samples (run, id, position, model, prompt_ref, category, seed, batch, key, state) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'planned')");
    int64_t position = 0;
    for (const SampleRecord& sample : samples)
      insert.bind(run.id)
          .bind(sample.id)
          .bind(position++)
          .bind(sample.model)
          .bind(sample.prompt_ref)
          .bind(sample.category)
          .bind(sample.seed)
          .bind(sample.batch)
          .bind(sample.key)
          .execute();
  }

  void insert_outcomes(const std::string& run, std::span<const SampleRecord> outcomes) {
    Statement update = db_.prepare(
        "UPDATE samples SET state = ?, attempts = ?, video = ?, failure = ? "
        "WHERE run = ? AND id = ? AND state <> 'evaluated' RETURNING id");
    for (const SampleRecord& sample : outcomes) {
      update.bind(to_string(sample.state)).bind(sample.attempts);
      sample.video ? update.bind(to_json(*sample.video).dump()) : update.bind_null();
      sample.failure ? update.bind(failure_to_json(*sample.failure).dump()) : update.bind_null();
      update.bind(run).bind(sample.id);
      const bool changed = update.step();
      update.reset();
      if (changed && sample.measurements) insert_measurements(run, sample.id, *sample.measurements);
    }
    raise_peaks(db_, run, outcomes);
  }

  void insert_facts(const std::string& run, const ModelFacts& facts) {
    db_.prepare("INSERT OR REPLACE INTO model_facts VALUES (?, ?, ?)")
        .bind(run)
        .bind(facts.model)
        .bind(to_json(facts).dump())
        .execute();
    update_facts(db_, run, facts);
  }

  void insert_aggregates(const std::string& run, std::span<const Aggregate> aggregates) {
    db_.prepare("DELETE FROM aggregates WHERE run = ?").bind(run).execute();
    Statement insert = db_.prepare("INSERT INTO aggregates VALUES (?, ?, ?, ?, ?, ?, ?)");
    for (const Aggregate& a : aggregates)
      insert.bind(run)
          .bind(a.model)
          .bind(a.metric)
          .bind(a.value)
          .bind(a.low)
          .bind(a.high)
          .bind(a.n)
          .execute();
  }

  void insert_event(const std::string& run, const std::string& at, const std::string& kind,
                    const Json& detail) {
    db_.prepare("INSERT INTO events (run, at, kind, detail) VALUES (?, ?, ?, ?)")
        .bind(run)
        .bind(at)
        .bind(kind)
        .bind(detail.dump())
        .execute();
  }

  void insert_measurements(const std::string& run, const std::string& sample,
                           const Measurements& measurements) {
    Statement value = db_.prepare("INSERT OR REPLACE INTO measurements VALUES (?, ?, ?, ?)");
    for (const auto& [metric, number] : measurements.values)
      value.bind(run).bind(sample).bind(metric).bind(number).execute();
    Statement feature = db_.prepare("INSERT OR REPLACE INTO features VALUES (?, ?, ?, ?)");
    for (const auto& [name, vector] : measurements.features)
      feature.bind(run).bind(sample).bind(name).bind_blob(bytes_of(vector)).execute();
    Statement missing = db_.prepare("INSERT OR REPLACE INTO missing_measurements VALUES (?, ?, ?, ?)");
    for (const auto& [metric, reason] : measurements.missing)
      missing.bind(run).bind(sample).bind(metric).bind(reason).execute();
  }

  // Calls `each(measurements, row)` for every row that `sql` finds of the run; its column 0 is the sample.
  template <typename Each>
  void load_rows(const char* sql, const std::string& run, const std::map<std::string, size_t>& index,
                 std::vector<SampleRecord>& samples, Each each) {
    Statement query = db_.prepare(sql);
    query.bind(run);
    while (query.step()) {
      auto& measurements = samples[index.at(query.text(0))].measurements;
      if (!measurements) measurements.emplace();
      each(*measurements, query);
    }
  }

  void load_measurements(const std::string& run, const std::map<std::string, size_t>& index,
                         std::vector<SampleRecord>& samples, bool with_features) {
    load_rows("SELECT sample, metric, value FROM measurements WHERE run = ?", run, index, samples,
              [](Measurements& m, Statement& row) { m.values[row.text(1)] = row.real(2); });
    load_rows("SELECT sample, metric, reason FROM missing_measurements WHERE run = ?", run, index, samples,
              [](Measurements& m, Statement& row) { m.missing[row.text(1)] = row.text(2); });
    if (!with_features) return;
    load_rows("SELECT sample, feature, data FROM features WHERE run = ?", run, index, samples,
              [](Measurements& m, Statement& row) { m.features[row.text(1)] = floats_of(row.blob(2)); });
  }

  Database db_;
};

}  // namespace

RunContent Store::export_run(const std::string& id) {
  RunContent content;
  content.run = run(id);
  content.samples = samples(content.run.id, true);
  content.facts = model_facts(content.run.id);
  content.aggregates = aggregates(content.run.id);
  content.events = events(content.run.id);
  const auto keys = content.run.manifest.find("reference_key");
  if (keys == content.run.manifest.end() || !keys->is_object()) return content;
  for (const auto& [feature, key] : keys->items())
    if (key.is_string())
      if (auto features = reference(key)) content.references[key] = std::move(*features);
  return content;
}

bool store_exists(const std::string& url) {
  if (url.find("://") != std::string::npos) return true;  // open_store tells more
  std::error_code ec;
  return std::filesystem::exists(url.starts_with(kPrefix) ? url.substr(kPrefix.size()) : url, ec);
}

std::unique_ptr<Store> open_store(const std::string& url) {
  if (url.starts_with(kPrefix)) return std::make_unique<SqliteStore>(url.substr(kPrefix.size()));
  if (url.find("://") != std::string::npos)
    throw_input(fmt::format("store '{}' is of a kind this vidbench does not have", url), "use sqlite:PATH");
  return std::make_unique<SqliteStore>(url);
}

std::string default_store_url() { return "sqlite:" + (data_home() / "vidbench.db").string(); }

}  // namespace vidbench::store
