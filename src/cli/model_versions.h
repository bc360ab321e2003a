// The versions of a catalogue entry: what it pins now, and what this store's runs benchmarked.
#pragma once

#include <string>
#include <vector>

#include "registry/registry.h"
#include "report/table.h"
#include "store/store.h"

namespace vidbench::cli {

// A deployment at one content digest.
struct ModelVersion {
  std::string model;     // "id" or "id@deployment"
  std::string digest;    // of the content; "" for the present version where nothing benchmarked it
  bool present = false;  // what the catalogue would run now
  std::vector<store::ModelInRun> runs;    // newest first; empty = never benchmarked here
  std::vector<store::Aggregate> numbers;  // of its newest run that has any
  std::string numbers_of;                 // that run and what it calls the model: "RUN:MODEL"
};

// Of `id` with all its deployments, or of the one deployment that `id` names; the present version of each
// first. Reads the files of weights that are not pinned.
[[nodiscard]] std::vector<ModelVersion> model_versions(const registry::Registry& registry,
                                                       const std::string& id, store::Store* store);

// What holds the weights of a deployment still: "sha256 1f2e… (file)", "commit 1a2b… of owner/name", or
// that nothing does.
[[nodiscard]] std::string pin_text(const registry::Deployment& deployment);
[[nodiscard]] Json pin_json(const registry::Deployment& deployment);

// "112 ms ±8", in CSV the value alone; "" when the version has no such number.
[[nodiscard]] report::Cell number_cell(const ModelVersion& version, const std::string& metric);
[[nodiscard]] Json to_json(const ModelVersion& version);

}  // namespace vidbench::cli
