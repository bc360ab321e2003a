// The environment a deployment names: Python packages by a requirements file, or a container image by digest.
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
  kMissing,     // it can be built
  kUnbuildable  // its requirements file is not there (yet)
};
[[nodiscard]] std::string to_string(EnvironmentState state);

struct Environment {
  EnvironmentState state = EnvironmentState::kNone;
  std::string name;  // content-addressed: "requirements-diffusers-1f0c2a…"; an image as it is named
  Requirements requirements;
  std::string python_version;    // "3.10"; "" = any
  std::filesystem::path folder;  // of a built one, or where it would be
  std::filesystem::path python;  // empty unless chosen, built or adopted
  std::string problem;           // of an unbuildable one
  [[nodiscard]] bool ready() const { return state < EnvironmentState::kMissing; }
};

// `checkout`: of the repository that "checkout:FILE" names a file of. Starts nothing. What a diffusers
// deployment names when it names none is python/requirements-diffusers.txt.
[[nodiscard]] Environment find_environment(const Deployment& deployment,
                                           const std::filesystem::path& checkout);

}  // namespace vidbench::registry
