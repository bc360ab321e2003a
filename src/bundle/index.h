// bundle.json: what a bundle holds, file by file. It comes first in the archive, and nothing that it does not
// list is taken.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace vidbench::bundle {

inline constexpr const char* kSchema = "vidbench.bundle/1";
inline constexpr const char* kIndexName = "bundle.json";
inline constexpr const char* kManifestName = "manifest.json";
inline constexpr const char* kResultsName = "results.jsonl";
inline constexpr const char* kLeaderboardName = "leaderboard.json";
inline constexpr const char* kReportName = "report.html";
inline constexpr size_t kMaxIndexBytes = size_t{256} << 20;
inline constexpr size_t kMaxFiles = 1'000'000;

struct File {
  std::string name;    // "videos/s000012.npy", see check_name
  std::string sha256;  // 64 lower-case hexadecimal digits
  uint64_t bytes = 0;
};

struct Index {
  std::string vidbench;      // version that wrote it
  std::string run;           // run id
  std::string suite_digest;  // of the run's suite
  std::string videos;        // "all", "previews" or "none"
  bool logs = false;         // worker logs, and the log tails of failed samples
  bool prompts = false;      // prompts of a suite that is not public
  Json models;               // [{id, digest}]
  std::vector<File> files;   // in the order of the archive

  // What identifies the content: sha256 of the files' names and digests. Two bundles of one run that were
  // made with the same options by the same version have the same.
  [[nodiscard]] std::string digest() const;
  [[nodiscard]] uint64_t total_bytes() const;
};

// With "digest".
[[nodiscard]] Json to_json(const Index& index);
// Throws Error(kInput) that names `origin` for another schema, a missing or mistyped member, a name that is
// not allowed or there twice, more than kMaxFiles, a sum of sizes beyond 2^63, and a digest that the files do
// not have.
[[nodiscard]] Index parse_index(std::string_view text, const std::string& origin);

// A known place of a bundle and nothing that could lead out of a folder: "manifest.json", "videos/NAME", …
// with letters, digits and ._@+%- in NAME, which begins with none of ".-".
[[nodiscard]] bool is_allowed_name(std::string_view name);
// One part of such a path.
[[nodiscard]] bool is_safe_part(std::string_view part);

// Whether the manifest's suite is a public one.
[[nodiscard]] bool is_public(const Json& manifest);
// Whether the manifest has prompts that nobody but the user may pass on: kept ones of a suite that is not
// public.
[[nodiscard]] bool has_private_prompts(const Json& manifest);

}  // namespace vidbench::bundle
