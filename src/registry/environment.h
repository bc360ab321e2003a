// The environment a deployment names: Python packages by a requirements file, or an image of a container.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "registry/registry.h"

namespace vidbench::registry {

// A requirements file as pip reads it, included files in their places, without comments.
struct Requirements {
  std::vector<std::string> lines;  // one requirement or option each
  // name → version of lines "name==version", the name as PEP 503 normalises it
  std::vector<std::pair<std::string, std::string>> pinned;
  bool locked = true;  // nothing but pinned packages: what is installed today is installed tomorrow
};

// Throws Error(kInput) "file:line: …" for a file that is not there, includes itself, or asks for what no
// environment of ours can have (an editable install).
[[nodiscard]] Requirements read_requirements(const std::filesystem::path& file);

// Where environments lie: `environments` in the data folder.
[[nodiscard]] std::filesystem::path environments_folder();
// The file that is written last, when an environment is complete.
inline constexpr const char* kEnvironmentFile = "environment.json";

enum class EnvironmentState {
  kNone,        // the deployment names none
  kChosen,      // $VIDBENCH_PYTHON stands for every environment
  kBuilt,       // by `vidbench environments build`
  kAdopted,     // the installation's .venv has the same packages in the same versions
  kImage,       // of a container; whether the engine has it was not asked (workers/container.h)
  kPulled,      // an image that the engine has
  kMissing,     // it can be built, or pulled
  kUnbuildable  // its requirements file is not there (yet), or cannot be used; no engine is there
};
[[nodiscard]] std::string to_string(EnvironmentState state);

struct Environment {
  EnvironmentState state = EnvironmentState::kNone;
  std::string name;   // content-addressed: "requirements-diffusers-1f0c2a…"
  std::string image;  // as the deployment names it; then nothing but state and problem says more
  Requirements requirements;
  std::string python_version;    // "3.10"; "" = any
  std::filesystem::path folder;  // of a built one, or where it would be; "" of an unbuildable one
  std::filesystem::path python;  // empty unless chosen, built or adopted
  std::string problem;           // of an unbuildable one, and of an interpreter that is not there
  // An image that was not asked for counts as there.
  [[nodiscard]] bool ready() const;
  // Why it is not ready, one sentence; "" when it is.
  [[nodiscard]] std::string lack() const;
  // The same with what a model's user can do about it.
  [[nodiscard]] std::string lack_and_remedy(const std::string& model) const;
  // The name where it says which packages there are, the digest of an image, "" for an interpreter that the
  // user chose and for none.
  [[nodiscard]] std::string content_name() const;
};

// Starts nothing, and throws nothing for what is wrong with the requirements file: that is its `problem`.
// What a diffusers deployment names when it names none is python/requirements-diffusers.txt.
[[nodiscard]] Environment find_environment(const Deployment& deployment);

}  // namespace vidbench::registry
