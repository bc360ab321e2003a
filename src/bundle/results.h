// results.jsonl: the records of a run, one JSON object a line; see docs/bundles.md.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/records.h"

namespace vidbench::bundle {

struct ResultsOptions {
  bool logs = false;  // with the log tails of failed samples
  bool keys = false;  // with the samples' content addresses, which prompts could be guessed with
};

// Calls `sink` with pieces of the text, in order; the same content gives the same text. The manifest, the
// paths of videos, the folder and the origin of the run are not in it, nor are the numbers of the references.
void write_results(const store::RunContent& content, const ResultsOptions& options,
                   const std::function<void(std::string_view)>& sink);

// References in the order in which their files are named: "references/0.f32" (float32, little endian, row
// after row), …
[[nodiscard]] std::string reference_name(size_t index);

// Takes the lines of a foreign results.jsonl. Every problem is an Error(kInput) that names file and line.
class ResultsReader {
 public:
  explicit ResultsReader(std::string origin) : origin_(std::move(origin)) {}

  // `bytes`: any piece of the file, in order.
  void feed(std::string_view bytes);
  // After the last piece; throws when the last line was cut off, or there is no run.
  void end() const;
  // Of the file named by reference_name(); once per reference, after end().
  void take_reference(const std::string& name, std::string_view bytes);
  // Everything but the manifest. Throws when a reference has no file.
  [[nodiscard]] store::RunContent finish();
  // The sizes that the references' lines call for, by file name.
  [[nodiscard]] const std::map<std::string, uint64_t>& reference_bytes() const { return reference_bytes_; }

 private:
  void take_line(std::string_view line);
  void take_run(const Json& json, const std::string& where);
  void take_model(const Json& json, const std::string& where);
  void take_sample(const Json& json, const std::string& where);
  void take_aggregate(const Json& json, const std::string& where);
  void take_event(const Json& json, const std::string& where);
  void take_reference_line(const Json& json, const std::string& where);

  std::string origin_, pending_;
  size_t line_ = 0;
  bool has_run_ = false;
  std::set<std::string> sample_ids_, model_ids_;
  std::set<std::pair<std::string, std::string>> aggregates_;  // model, metric
  std::map<std::string, std::string> reference_keys_;         // by file name
  std::map<std::string, uint64_t> reference_bytes_;
  store::RunContent content_;
};

}  // namespace vidbench::bundle
