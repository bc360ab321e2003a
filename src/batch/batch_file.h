// A batch file: many models, suites and settings with one budget (docs/batch.md, schemas/batch.schema.json).
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "batch/options.h"
#include "engine/estimate.h"
#include "registry/select.h"

namespace vidbench::batch {

// Which models are meant: ids, or what a filter lets pass.
struct ModelChoice {
  std::vector<std::string> ids;
  std::optional<registry::Filter> filter;
  std::string search;  // words, with the filter
  std::string place;   // "file:line"
};

// What one mapping of the file says; the nearer one wins, option by option.
struct Layer {
  std::optional<ModelChoice> models;
  std::vector<std::string> suites;  // names, or paths relative to the batch file's folder
  Axes options;
  std::string place;
};

struct Entry {
  std::string name;  // "" = none
  int priority = 0;  // higher runs earlier
  Layer layer;
};

// Unset = without limit.
struct Budget {
  std::optional<double> seconds;  // of runs, over all calls
  std::optional<uint64_t> disk_bytes;
  std::optional<engine::Cost> cost;
};

struct Batch {
  std::string name;  // safe in file names
  std::filesystem::path file;
  Layer defaults, matrix;
  std::vector<Layer> exclude;  // every cell that one of them describes is left out
  std::vector<Layer> include;  // combinations beside the matrix's
  std::vector<Entry> runs;
  Budget budget;
  bool keep_going = true;  // after a run that failed
};

inline constexpr size_t kMaxBatchBytes = size_t{1} << 20;

// Reads a batch strictly. Throws Error(kInput) "<file>:<line>: <what>" for an unknown key, a wrong type, a
// value out of range, a duplicate, a YAML alias or a file over kMaxBatchBytes. Whether models and suites
// exist is found out by expand().
[[nodiscard]] Batch load_batch(const std::filesystem::path& path);
// The same from memory; `origin` stands for the file.
[[nodiscard]] Batch parse_batch(const std::string& text, const std::string& origin);

}  // namespace vidbench::batch
