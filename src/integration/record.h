// What became of a model's integration, step by step.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/json.h"

namespace vidbench::integration {

enum class StepState { kPending, kDone, kFailed };
[[nodiscard]] std::string to_string(StepState state);

struct Step {
  std::string name;  // "registration", "environment", "validation", "benchmark", "publication"
  StepState state = StepState::kPending;
  std::string at;                     // RFC 3339 UTC, when it ended
  double seconds = 0;                 // it took
  std::string result;                 // one sentence: what was done, or why it failed
  std::vector<std::string> findings;  // what a person should know; none of them stops the integration
  Json detail = Json::object();       // the validation report, the run's id
};

struct Record {
  std::string model;
  std::string digest;  // of the catalogue's deployment: another one starts from the beginning
  std::string suite, suite_digest;
  std::vector<Step> steps;  // all of them, in order

  [[nodiscard]] bool accepted() const;       // every step is done
  [[nodiscard]] const Step* failed() const;  // the step that failed; null when none did
  [[nodiscard]] Step& step(const std::string& name);
};

[[nodiscard]] Step pending_step(const std::string& name);
[[nodiscard]] Record new_record(const std::string& model, const std::string& digest);
[[nodiscard]] const std::vector<std::string>& step_names();

// `integrations/MODEL` in the data folder: state.json and report.md.
[[nodiscard]] std::filesystem::path record_folder(const std::string& model);
// A record of another digest, or one that cannot be read, is as none.
[[nodiscard]] Record load_record(const std::string& model, const std::string& digest);
// Both files, each in one step.
void save_record(const Record& record);

// vidbench.integration/1
[[nodiscard]] Json to_json(const Record& record);
// Why the model is accepted or not, in Markdown.
[[nodiscard]] std::string report_markdown(const Record& record);

}  // namespace vidbench::integration
