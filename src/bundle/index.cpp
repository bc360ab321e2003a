#include "bundle/index.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <set>

#include "base/error.h"
#include "base/hash.h"
#include "base/strings.h"
#include "bundle/member.h"

namespace vidbench::bundle {
namespace {

constexpr std::array<std::string_view, 4> kTopFiles = {kManifestName, kResultsName, kLeaderboardName,
                                                       kReportName};
constexpr std::array<std::string_view, 4> kFolders = {"videos/", "previews/", "references/", "logs/"};
constexpr std::array<std::string_view, 3> kVideoChoices = {"all", "previews", "none"};
constexpr size_t kMaxPart = 200;

template <typename List>
bool contains(const List& list, std::string_view what) {
  return std::find(list.begin(), list.end(), what) != list.end();
}

File parse_file(const Json& json, const std::string& origin) {
  File file{member<std::string>(json, "name", origin), member<std::string>(json, "sha256", origin),
            member<uint64_t>(json, "bytes", origin)};
  if (!is_allowed_name(file.name))
    throw_input(fmt::format("{}: '{}' is no name of a file in a bundle", origin, one_line(file.name)));
  if (!is_sha256(file.sha256)) throw_input(fmt::format("{}: {}: not a sha256", origin, file.name));
  return file;
}

std::vector<File> parse_files(const Json& list, const std::string& origin) {
  if (!list.is_array()) throw_input(origin + ": member 'files' has the wrong type");
  if (list.size() > kMaxFiles)
    throw_input(fmt::format("{}: {} files, more than {}", origin, list.size(), kMaxFiles));
  std::vector<File> files;
  std::set<std::string> seen;
  uint64_t total = 0;
  for (const Json& entry : list) {
    files.push_back(parse_file(entry, fmt::format("{}: files[{}]", origin, files.size())));
    const File& file = files.back();
    if (!seen.insert(file.name).second) throw_input(fmt::format("{}: {} is there twice", origin, file.name));
    constexpr auto kMost = static_cast<uint64_t>(std::numeric_limits<int64_t>::max());
    if (file.bytes > kMost - total) throw_input(fmt::format("{}: {}: no such size", origin, file.name));
    total += file.bytes;
  }
  for (const char* needed : {kManifestName, kResultsName})
    if (!seen.contains(needed)) throw_input(fmt::format("{}: {} is missing", origin, needed));
  return files;
}

void require_schema(const Json& json, const std::string& origin) {
  const auto schema = member<std::string>(json, "schema", origin);
  if (schema == kSchema) return;
  if (schema.starts_with("vidbench.bundle/"))
    throw_input(fmt::format("{}: schema {}, this vidbench reads {}", origin, one_line(schema), kSchema),
                "use the vidbench that wrote the bundle, or a newer one");
  throw_input(fmt::format("{}: schema '{}' is not {}", origin, one_line(schema), kSchema));
}

}  // namespace

std::string Index::digest() const {
  std::string listing;
  for (const File& file : files) listing += fmt::format("{} {} {}\n", file.sha256, file.bytes, file.name);
  return sha256_hex(listing);
}

uint64_t Index::total_bytes() const {
  uint64_t total = 0;
  for (const File& file : files) total += file.bytes;
  return total;
}

Json to_json(const Index& index) {
  Json files = Json::array();
  for (const File& file : index.files)
    files.push_back({{"name", file.name}, {"sha256", file.sha256}, {"bytes", file.bytes}});
  return {{"schema", kSchema},      {"vidbench", index.vidbench},
          {"run", index.run},       {"suite_digest", index.suite_digest},
          {"models", index.models}, {"videos", index.videos},
          {"logs", index.logs},     {"prompts", index.prompts},
          {"files", files},         {"digest", index.digest()}};
}

Index parse_index(std::string_view text, const std::string& origin) {
  const Json json = parse_foreign(text, origin);
  require_schema(json, origin);
  Index index;
  index.vidbench = member<std::string>(json, "vidbench", origin);
  index.run = member<std::string>(json, "run", origin);
  index.suite_digest = member<std::string>(json, "suite_digest", origin);
  index.models = member<Json>(json, "models", origin);
  index.videos = member<std::string>(json, "videos", origin);
  index.logs = member<bool>(json, "logs", origin);
  index.prompts = member<bool>(json, "prompts", origin);
  if (!is_safe_part(index.run))
    throw_input(fmt::format("{}: '{}' is no run id", origin, one_line(index.run)));
  if (!contains(kVideoChoices, index.videos))
    throw_input(fmt::format("{}: videos '{}' is none of {}", origin, one_line(index.videos),
                            fmt::join(kVideoChoices, ", ")));
  index.files = parse_files(member<Json>(json, "files", origin), origin);
  if (member<std::string>(json, "digest", origin) != index.digest())
    throw_input(origin + ": the digest is not that of the files it lists", "fetch the bundle again");
  return index;
}

bool is_safe_part(std::string_view part) {
  constexpr std::string_view kAllowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._@+%-";
  return !part.empty() && part.size() <= kMaxPart && part.front() != '.' && part.front() != '-' &&
         part.find_first_not_of(kAllowed) == std::string_view::npos;
}

bool is_allowed_name(std::string_view name) {
  if (contains(kTopFiles, name)) return true;
  for (const std::string_view folder : kFolders)
    if (name.starts_with(folder)) return is_safe_part(name.substr(folder.size()));
  return false;
}

bool is_public(const Json& manifest) {
  const auto suite = manifest.find("suite");
  return suite != manifest.end() && suite->is_object() && suite->value("public", Json()) == Json(true);
}

bool has_private_prompts(const Json& manifest) {
  return manifest.contains("prompts") && !is_public(manifest);
}

}  // namespace vidbench::bundle
