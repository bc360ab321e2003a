#include "blobs/manifest.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/error.h"
#include "base/hash.h"
#include "base/strings.h"
#include "base/url.h"

namespace vidbench::blobs {
namespace {

constexpr const char* kSchema = "vidbench.manifest/1";
constexpr size_t kMostFiles = 100'000;

class Reader {
 public:
  Reader(const Json& json, std::string place) : json_(json), place_(std::move(place)) {
    if (!json.is_object()) fail("is no object");
  }

  [[nodiscard]] std::string text(const char* key, bool optional = false) const {
    const auto found = json_.find(key);
    if (found == json_.end() && optional) return "";
    if (found == json_.end() || !found->is_string()) fail(fmt::format("'{}' is no text", key));
    return found->get<std::string>();
  }
  [[nodiscard]] uint64_t number(const char* key) const {
    const auto found = json_.find(key);
    if (found == json_.end() || !found->is_number_unsigned() || found->get<uint64_t>() > kLargestFile_bytes)
      fail(fmt::format("'{}' is no size", key));
    return found->get<uint64_t>();
  }
  [[nodiscard]] bool flag(const char* key) const {
    const auto found = json_.find(key);
    if (found == json_.end()) return false;
    if (!found->is_boolean()) fail(fmt::format("'{}' is neither true nor false", key));
    return found->get<bool>();
  }
  [[noreturn]] void fail(const std::string& problem) const {
    throw_input(place_ + ": " + problem, "remove it and pull the model again");
  }

 private:
  const Json& json_;
  std::string place_;
};

Reference read_reference(const Reader& reader) {
  Reference reference{reader.text("host"), reader.text("repository"), reader.text("revision"),
                      reader.text("path", true), reader.text("variant", true)};
  if (!is_safe_path(reference.host) || reference.host.find('/') != std::string::npos)
    reader.fail(fmt::format("'{}' is no host", one_line(reference.host)));
  if (!is_repository(reference.repository))
    reader.fail(fmt::format("'{}' is no repository", one_line(reference.repository)));
  if (!is_safe_path(reference.revision))
    reader.fail(fmt::format("'{}' is no revision", one_line(reference.revision)));
  return reference;
}

ManifestFile read_file_entry(const Json& json, const std::string& place) {
  const Reader reader(json, place);
  ManifestFile file{reader.text("path"),   reader.text("sha256"),         reader.number("bytes"),
                    reader.text("source"), reader.text("git_sha1", true), reader.flag("pickled")};
  if (!is_safe_path(file.path))
    reader.fail(fmt::format("'{}' is no path in a repository", one_line(file.path)));
  if (!is_sha256(file.sha256)) reader.fail(fmt::format("'{}' is no sha256", one_line(file.sha256)));
  if (!file.git_sha1.empty() && !is_hex(file.git_sha1, 40))
    reader.fail(fmt::format("'{}' is no sha1", one_line(file.git_sha1)));
  if (!file.source.empty() && !parse_url(file.source))
    reader.fail(fmt::format("'{}' is no address", one_line(file.source)));
  file.pickled = file.pickled || is_pickled(file.path);  // whoever wrote the manifest
  return file;
}

}  // namespace

uint64_t Manifest::bytes() const {
  uint64_t sum = 0;
  for (const ManifestFile& file : files) sum += file.bytes;
  return sum;
}

std::vector<std::string> Manifest::pickled() const {
  std::vector<std::string> paths;
  for (const ManifestFile& file : files)
    if (file.pickled) paths.push_back(file.path);
  return paths;
}

Json to_json(const Manifest& manifest) {
  Json files = Json::array();
  for (const ManifestFile& file : manifest.files) {
    Json json = {
        {"path", file.path}, {"sha256", file.sha256}, {"bytes", file.bytes}, {"source", file.source}};
    if (!file.git_sha1.empty()) json["git_sha1"] = file.git_sha1;
    if (file.pickled) json["pickled"] = true;
    files.push_back(std::move(json));
  }
  const Reference& reference = manifest.reference;
  Json json = {{"schema", kSchema},
               {"host", reference.host},
               {"repository", reference.repository},
               {"revision", reference.revision},
               {"commit", manifest.commit},
               {"pulled_at", manifest.pulled_at},
               {"files", std::move(files)}};
  if (!reference.path.empty()) json["path"] = reference.path;
  if (!reference.variant.empty()) json["variant"] = reference.variant;
  return json;
}

Manifest parse_manifest(std::string_view text, const std::string& origin) {
  const Json json = parse_json(text, origin);
  const Reader reader(json, origin);
  if (reader.text("schema") != kSchema) reader.fail(fmt::format("is no manifest ({})", kSchema));
  Manifest manifest{read_reference(reader), reader.text("commit"), reader.text("pulled_at"), {}};
  if (!is_commit(manifest.commit)) reader.fail(fmt::format("'{}' is no commit", one_line(manifest.commit)));
  const auto files = json.find("files");
  if (files == json.end() || !files->is_array() || files->empty() || files->size() > kMostFiles)
    reader.fail("'files' is no list of files");
  std::set<std::string> paths;
  for (const Json& entry : *files) {
    manifest.files.push_back(
        read_file_entry(entry, fmt::format("{}: files[{}]", origin, manifest.files.size())));
    if (!paths.insert(manifest.files.back().path).second)
      reader.fail(fmt::format("'{}' stands twice", one_line(manifest.files.back().path)));
  }
  // A file in whose place another needs a folder.
  for (const std::string& path : paths)
    if (const auto below = paths.lower_bound(path + "/");
        below != paths.end() && below->starts_with(path + "/"))
      reader.fail(fmt::format("'{}' is a file and a folder", one_line(path)));
  std::sort(manifest.files.begin(), manifest.files.end(),
            [](const auto& a, const auto& b) { return a.path < b.path; });
  return manifest;
}

bool is_pickled(const std::string& path) {
  constexpr std::array kEndings = {".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".pth.tar"};
  return std::any_of(kEndings.begin(), kEndings.end(),
                     [&](const char* ending) { return path.ends_with(ending); });
}

}  // namespace vidbench::blobs
