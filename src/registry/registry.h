// The model catalogue: what each model is and how it is run. One YAML file per model or family.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"

namespace vidbench::registry {

// Numbers that the model generates with unless a suite or the user says otherwise; unset = the worker's own
// default.
struct GenerationDefaults {
  std::optional<int> frames, width, height, steps;
  std::optional<double> fps, guidance;
};

// A file of weights, pinned by digest when known.
struct WeightFile {
  std::filesystem::path path;  // absolute
  std::string sha256;          // "" = not pinned
};

// How a model is run. `runner`: "worker" (any program that speaks the protocol), "diffusers" (the Python
// worker drives a diffusers pipeline), "http" (a hosted service, by a file of providers/), "null" (makes
// nothing: measures our own overhead), "replay" (existing videos).
struct Deployment {
  std::string runner;
  std::vector<std::string> command;  // for "worker": program and arguments; never passes a shell
  Json settings = Json::object();    // handed to the worker's `load` unchanged (paths made absolute)
  std::string dtype = "fp32", device = "auto";
  GenerationDefaults defaults;
  std::vector<WeightFile> weights;  // the file of settings.weights is always among them
  int max_batch = 0;                // 0 = no limit of its own
  double start_timeout_s = 120, sample_timeout_s = 600, stall_timeout_s = 300;
};

struct Model {
  std::string id, title, family, task, description, licence, source;
  Deployment deployment;
  std::vector<std::string> missing;  // why it cannot run; empty = runnable
  std::string origin;                // "catalogue/shapes.yaml:12"
  // sha256 of runner, command, settings, dtype, defaults and pinned weights' sha256, with the paths as they
  // stand in the file; see content_digest for files without a pin and for providers.
  std::string digest;
  [[nodiscard]] bool runnable() const { return missing.empty(); }
};

class Registry {
 public:
  // Loads every *.yaml below each folder, strictly; a duplicate id is an Error(kInput) that names both
  // places.
  [[nodiscard]] static Registry load(const std::vector<std::filesystem::path>& folders);
  // <resource_root>/catalogue, then the folders of $VIDBENCH_CATALOGUE (colon-separated).
  [[nodiscard]] static Registry load_default();

  [[nodiscard]] const std::vector<Model>& models() const { return models_; }
  // Throws Error(kInput) with a suggestion when there is none.
  [[nodiscard]] const Model& find(const std::string& id) const;

 private:
  std::vector<Model> models_;
};

// Only the members that are set.
[[nodiscard]] Json to_json(const GenerationDefaults& defaults);
[[nodiscard]] Json to_json(const Model& model);

// The digest that identifies what the model makes: `digest` plus the content of the weight files that are not
// pinned, of the file or folder settings.path, and of a provider's request. Reads those files whole, so call
// it once, when a plan is made. Throws Error(kInput) naming a file that cannot be read.
[[nodiscard]] std::string content_digest(const Model& model);

// Compares the pinned weight files with their sha256. Throws Error(kEnvironment) naming the file and both
// digests.
void verify_weights(const Model& model);

}  // namespace vidbench::registry
