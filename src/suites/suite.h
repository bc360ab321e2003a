// A suite: what is asked of every model (prompts, seeds, settings) and how the videos are scored.
// The file format is described in docs/add-a-suite.md and schemas/suite.schema.json.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/input_file.h"
#include "base/json.h"
#include "suites/settings.h"

namespace vidbench::suites {

struct Prompt {
  std::string id;    // unique in the suite; "<suite>/<index>", counted from 0, unless the file gives one
  std::string text;  // one line of UTF-8, unique in the suite with its files, at most kMaxPromptBytes
  std::string negative;
  std::string category;
  std::vector<std::string> dimensions;  // what a benchmark asks this prompt for; may be empty
  Json auxiliary;                       // what its evaluators need beside the text, an object; null = nothing
  InputFile image, video;               // what the model starts from beside the text; may be empty
};

// The videos that set metrics compare with.
struct ReferenceSet {
  std::string kind;  // "shapes": rendered from the shapes world
  int count = 0;     // videos
  uint64_t seed = 0;
};

struct Suite {
  std::string id;
  int version = 0;
  std::string title, description;
  bool is_public = false;  // only a public suite's prompts are ever stored
  std::string licence;     // of the prompts; SPDX
  std::vector<Prompt> prompts;
  std::vector<uint64_t> seeds;
  GenerationSettings settings;
  int batch_size = 1;
  int single_stream = 0;  // first samples of each model that are generated alone: they give the latency
  std::vector<std::string> metrics;
  std::vector<std::string> models;  // run when the user names none; may be empty
  std::optional<ReferenceSet> reference;
  std::string score_profile;  // quality | balanced | realtime
  int warmup = 0;             // generations before timing starts
  std::string digest;         // sha256 over definition(): equal digests = comparable numbers
};

inline constexpr size_t kMaxSuiteBytes = size_t{4} << 20;
inline constexpr size_t kMaxPromptBytes = 4000;
inline constexpr size_t kMaxPrompts = 20000;
inline constexpr size_t kMaxAuxiliaryBytes = 4000;  // as JSON
inline constexpr uintmax_t kMaxImageBytes = uintmax_t{256} << 20;
inline constexpr uintmax_t kMaxVideoBytes = uintmax_t{4} << 30;

// Reads a suite strictly. Throws Error(kInput) "<file>:<line>: <what>" for an unknown key, a wrong type, a
// value out of range, a duplicate, a YAML alias or a file over kMaxSuiteBytes.
[[nodiscard]] Suite load_suite(const std::filesystem::path& path);
// The same from memory; `origin` stands for the file in errors. Files that prompts name are looked for from
// `folder`; without one they are refused.
[[nodiscard]] Suite parse_suite(const std::string& text, const std::string& origin,
                                const std::filesystem::path& folder = {});

// A shipped suite by name, or a file: what has a '/' or ends in .yaml or .yml is a path. Throws Error(kInput)
// with the nearest name when there is no such suite.
[[nodiscard]] Suite find_suite(std::string_view name_or_path);

struct SuiteSummary {
  std::string id;
  int version = 0;
  std::string title;
  size_t prompts = 0;
  std::filesystem::path path;
};
// The suites in <resource_root>/suites, sorted by id. Throws as load_suite does.
[[nodiscard]] std::vector<SuiteSummary> list_suites();

// All fields, with the digest.
[[nodiscard]] Json to_json(const Suite& suite);
// The part that determines numbers: all but title, description, publicity, licence and default models.
[[nodiscard]] Json definition(const Suite& suite);

}  // namespace vidbench::suites
