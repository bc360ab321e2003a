#include "store/migrations.h"

#include <fmt/format.h>

#include <array>

#include "base/error.h"
#include "base/time.h"

namespace vidbench::store {
namespace {

// Never edit a step that was released: append a new one.
constexpr std::array<const char*, 4> kSteps = {
    R"sql(
CREATE TABLE runs (
  id TEXT PRIMARY KEY, suite TEXT NOT NULL, suite_digest TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('running', 'done', 'failed', 'interrupted')),
  created_at TEXT NOT NULL, finished_at TEXT NOT NULL DEFAULT '', directory TEXT NOT NULL, manifest TEXT NOT NULL
) STRICT;
CREATE TABLE samples (
  run TEXT NOT NULL REFERENCES runs(id) ON DELETE CASCADE, id TEXT NOT NULL, position INTEGER NOT NULL,
  model TEXT NOT NULL, prompt_ref TEXT NOT NULL, category TEXT NOT NULL, seed INTEGER NOT NULL,
  batch INTEGER NOT NULL, key TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('planned', 'generated', 'evaluated', 'failed')),
  attempts INTEGER NOT NULL DEFAULT 0, video TEXT, failure TEXT,
  PRIMARY KEY (run, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX samples_by_position ON samples (run, position);
CREATE TABLE measurements (
  run TEXT NOT NULL, sample TEXT NOT NULL, metric TEXT NOT NULL, value REAL NOT NULL,
  PRIMARY KEY (run, sample, metric),
  FOREIGN KEY (run, sample) REFERENCES samples(run, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE TABLE features (
  run TEXT NOT NULL, sample TEXT NOT NULL, feature TEXT NOT NULL, data BLOB NOT NULL,
  PRIMARY KEY (run, sample, feature),
  FOREIGN KEY (run, sample) REFERENCES samples(run, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE TABLE model_facts (
  run TEXT NOT NULL REFERENCES runs(id) ON DELETE CASCADE, model TEXT NOT NULL, facts TEXT NOT NULL,
  PRIMARY KEY (run, model)
) STRICT, WITHOUT ROWID;
CREATE TABLE aggregates (
  run TEXT NOT NULL REFERENCES runs(id) ON DELETE CASCADE, model TEXT NOT NULL, metric TEXT NOT NULL,
  value REAL NOT NULL, low REAL NOT NULL, high REAL NOT NULL, n INTEGER NOT NULL,
  PRIMARY KEY (run, model, metric)
) STRICT, WITHOUT ROWID;
CREATE TABLE events (
  seq INTEGER PRIMARY KEY, run TEXT NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
  at TEXT NOT NULL, kind TEXT NOT NULL, detail TEXT NOT NULL
) STRICT;
CREATE INDEX events_by_run ON events (run, seq);
CREATE TABLE reference_features (
  key TEXT PRIMARY KEY, rows INTEGER NOT NULL, dim INTEGER NOT NULL, data BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE scores (key TEXT PRIMARY KEY, content BLOB NOT NULL) STRICT, WITHOUT ROWID;
)sql",
    R"sql(
CREATE TABLE missing_measurements (
  run TEXT NOT NULL, sample TEXT NOT NULL, metric TEXT NOT NULL, reason TEXT NOT NULL,
  PRIMARY KEY (run, sample, metric),
  FOREIGN KEY (run, sample) REFERENCES samples(run, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
)sql",
    R"sql(
CREATE TABLE publications (
  suite TEXT NOT NULL, suite_digest TEXT NOT NULL, model TEXT NOT NULL, model_digest TEXT NOT NULL,
  run TEXT NOT NULL REFERENCES runs(id) ON DELETE CASCADE, published_at TEXT NOT NULL,
  PRIMARY KEY (suite_digest, model, model_digest)
) STRICT, WITHOUT ROWID;
)sql",
    // run_models is made of the manifests and samples, so that the peak of every model is one query.
    R"sql(
ALTER TABLE runs ADD COLUMN imported_from TEXT NOT NULL DEFAULT '';
CREATE TABLE run_models (
  run TEXT NOT NULL REFERENCES runs(id) ON DELETE CASCADE, model TEXT NOT NULL, base TEXT NOT NULL,
  digest TEXT NOT NULL, entry TEXT NOT NULL, hardware TEXT NOT NULL,
  device TEXT NOT NULL DEFAULT '', dtype TEXT NOT NULL DEFAULT '', weights_sha256 TEXT NOT NULL DEFAULT '',
  peak_memory_bytes INTEGER NOT NULL DEFAULT 0, frames INTEGER NOT NULL DEFAULT 0,
  height INTEGER NOT NULL DEFAULT 0, width INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (run, model)
) STRICT, WITHOUT ROWID;
CREATE INDEX run_models_by_model ON run_models (base, entry, device, dtype, peak_memory_bytes);
INSERT OR IGNORE INTO run_models (run, model, base, digest, entry, hardware)
  SELECT r.id, m.value ->> 'id', coalesce(m.value ->> 'base', m.value ->> 'id'), coalesce(m.value ->> 'digest', ''),
    coalesce(m.value ->> 'entry', ''), coalesce(r.manifest -> 'hardware', '{}')
  FROM runs r, json_each(r.manifest, '$.models') m WHERE m.type = 'object' AND m.value ->> 'id' IS NOT NULL;
UPDATE run_models SET device = coalesce(f.facts ->> 'device', ''), dtype = coalesce(f.facts ->> 'dtype', ''),
    weights_sha256 = coalesce(f.facts ->> 'weights_sha256', '')
  FROM model_facts f WHERE f.run = run_models.run AND f.model = run_models.model;
UPDATE run_models SET peak_memory_bytes = p.peak, frames = p.video ->> 'frames', height = p.video ->> 'height',
    width = p.video ->> 'width'
  FROM (SELECT run, model, video, max(video ->> 'peak_memory_bytes') AS peak FROM samples
    WHERE video IS NOT NULL GROUP BY run, model) p
  WHERE p.run = run_models.run AND p.model = run_models.model;
)sql"};

int current_version(Database& db) {
  db.execute(
      "CREATE TABLE IF NOT EXISTS schema_migrations (version INTEGER PRIMARY KEY, applied_at TEXT NOT NULL)");
  Statement query = db.prepare("SELECT coalesce(max(version), 0) FROM schema_migrations");
  query.step();
  return static_cast<int>(query.integer(0));
}

}  // namespace

int newest_schema_version() { return static_cast<int>(kSteps.size()); }

void migrate(Database& db) {
  Transaction transaction(db);
  int version = current_version(db);
  if (version > newest_schema_version())
    throw_input(fmt::format("store {} has schema version {}, this vidbench knows {}", db.path(), version,
                            newest_schema_version()),
                "use a newer vidbench, or another file with --store");
  for (; version < newest_schema_version(); ++version) {
    db.execute(kSteps.at(static_cast<size_t>(version)));
    db.prepare("INSERT INTO schema_migrations VALUES (?, ?)").bind(version + 1).bind(now_rfc3339()).execute();
  }
  transaction.commit();
}

}  // namespace vidbench::store
