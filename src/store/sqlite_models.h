// The table run_models: which versions of models the runs have, kept up to date with their samples.
#pragma once

#include <span>

#include "store/model_versions.h"
#include "store/records.h"
#include "store/sqlite_db.h"

namespace vidbench::store {

// The models of a run's manifest; those that are there already stay. Inside the caller's transaction.
void insert_run_models(Database& db, const std::string& run);
void update_facts(Database& db, const std::string& run, const ModelFacts& facts);
// Raises the peaks of the models to those of `samples`. Inside the caller's transaction.
void raise_peaks(Database& db, const std::string& run, std::span<const SampleRecord> samples);

[[nodiscard]] std::vector<MeasuredModel> read_memory_peaks(Database& db, const std::string& model);
[[nodiscard]] std::vector<ModelInRun> read_model_runs(Database& db, const std::string& model);

}  // namespace vidbench::store
