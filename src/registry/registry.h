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

// What the model's process needs around it (environment.h): Python packages, or an image; empty = nothing is
// named.
struct EnvironmentName {
  std::string requirements;  // a requirements file: a path from the resource root, or "checkout:FILE"
  std::string python;        // the version of Python that it must be: "3.10"; "" = any
  std::string image;  // of a container: "docker.io/org/name@sha256:…", or "sha256:…"; excludes the others
};

// How a model is run. `runner`: "worker" (any program that speaks the protocol), "diffusers" (the Python
// worker drives a diffusers pipeline), "command" (a script is run once a sample), "http" (a hosted service,
// by a file of providers/), "null" (makes nothing: measures our own overhead), "replay" (existing videos).
struct Deployment {
  std::string runner;
  std::vector<std::string> command;  // for "worker" and "command" (with placeholders); never passes a shell
  Json settings = Json::object();    // handed to the worker's `load` unchanged (paths made absolute); of
                                     // "command": see command_template.h
  std::string dtype = "fp32", device = "auto";
  GenerationDefaults defaults;
  EnvironmentName environment;
  std::vector<WeightFile> weights;  // the file of settings.weights is always among them
  int max_batch = 0;                // 0 = no limit of its own
  double start_timeout_s = 120, sample_timeout_s = 600, stall_timeout_s = 300;
};

// What is known of a model, however it is run. What is not known is "" or unset, never guessed.
struct Card {
  std::string title, organisation, family, description;
  std::string released;            // "2025-02", or "2025"
  std::vector<std::string> tasks;  // "text-to-video", "image-to-video", …
  std::string licence;             // of the weights; SPDX identifier where there is one
  std::string access;              // "weights", "api", "code" (no weights) or "paper" (neither)
  std::string source;              // of the weights: "hf:owner/name", "modelscope:owner/name", a folder
  std::string code, script;        // "github:owner/name", and the script in it that generates
  std::string paper;               // "arXiv:2503.20314"
  std::string backbone, text_encoder, vae;
  std::optional<double> parameters_b;  // billions
  std::optional<double> min_vram_gb;   // as its makers state it
  std::string note;
  std::vector<std::string> references;  // where these facts were read
};

// A model as it is run in one way: a model of the catalogue with several deployments stands here once for
// each, the first under its id, the others as "id@deployment". One without any cannot run.
struct Model {
  std::string id;
  Card card;
  Deployment deployment;             // without a `runner` when no way to run the model is known
  GenerationDefaults overrides;      // what the user asks for instead of the suite's and the model's own
  std::vector<std::string> missing;  // why it cannot run; empty = runnable
  std::string origin;                // "catalogue/shapes.yaml:12", "/a/b.yaml:3 (git 1a2b3c4d5e6f)"
  // sha256 of runner, command, settings, dtype, defaults and pinned weights' sha256, with the paths as they
  // stand in the file; see content_digest for files without a pin and for providers.
  std::string digest;
  [[nodiscard]] bool deployed() const { return !deployment.runner.empty(); }
  [[nodiscard]] bool runnable() const { return missing.empty(); }
};

class Registry {
 public:
  // Loads every *.yaml below each folder, strictly; a duplicate id is an Error(kInput) that names both
  // places. What the files say is kept in an index (base/file_index.h), so that unchanged ones are not read.
  [[nodiscard]] static Registry load(const std::vector<std::filesystem::path>& folders);
  // <resource_root>/catalogue, own_catalogue() where it is there, then the folders of $VIDBENCH_CATALOGUE
  // (colon-separated).
  [[nodiscard]] static Registry load_default();

  [[nodiscard]] const std::vector<Model>& models() const { return models_; }
  // Throws Error(kInput) with a suggestion when there is none.
  [[nodiscard]] const Model& find(const std::string& id) const;
  // The models of a catalogue file that need not belong to this registry, read as load() does; an id that
  // stands elsewhere in it is refused in the same way.
  [[nodiscard]] std::vector<Model> check_file(const std::filesystem::path& file) const;

 private:
  // Adds to the origin of models from Git checkouts the commit.
  void name_commits(const std::vector<std::filesystem::path>& folders, const std::filesystem::path& root);
  std::vector<Model> models_;
};

// Where `vidbench models add` writes: `catalogue` in the data folder.
[[nodiscard]] std::filesystem::path own_catalogue();

// Only the members that are set.
[[nodiscard]] Json to_json(const GenerationDefaults& defaults);
[[nodiscard]] Json to_json(const EnvironmentName& environment);
[[nodiscard]] Json to_json(const Model& model);
[[nodiscard]] Json to_json(const Card& card);
// What to_json() gives. Throws Json::exception for anything else.
[[nodiscard]] Model model_from_json(const Json& json);

// The digest that identifies what the model makes: `digest` plus the content of the weight files that are not
// pinned, of the file or folder settings.path, and of a provider's request. Reads those files whole, so call
// it once, when a plan is made. Throws Error(kInput) naming a file that cannot be read.
[[nodiscard]] std::string content_digest(const Model& model);

// Compares the pinned weight files with their sha256. Throws Error(kEnvironment) naming the file and both
// digests.
void verify_weights(const Model& model);

}  // namespace vidbench::registry
