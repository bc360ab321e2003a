#include "weights/manifest.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/files.h"
#include "base/yaml.h"
#include "base/yaml_guard.h"

namespace vidbench::weights {
namespace {

constexpr size_t kMaxManifestBytes = size_t{1} << 20;
constexpr size_t kMaxNameBytes = 128;

bool is_one_of(char c, std::string_view also) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         also.find(c) != std::string_view::npos;
}

// Names become names of files and parts of URLs; the endings are those of our own files beside them.
void check_name(const YamlMap& map, const std::string& name) {
  const bool plain = !name.empty() && name.size() <= kMaxNameBytes && is_one_of(name.front(), "") &&
                     std::all_of(name.begin(), name.end(), [](char c) { return is_one_of(c, "-_."); });
  if (!plain || name.find("..") != std::string::npos)
    map.fail("name", fmt::format("'{}' is not a plain file name", name),
             "1–128 letters, digits and -_. that begin with a letter or digit, without '..'");
  for (const char* ending : {".part", ".lock", ".json", ".tmp"})
    if (name.ends_with(ending))
      map.fail("name", fmt::format("'{}' must not end in {}: such files are vidbench's own", name, ending));
}

std::string digits(YamlMap& map, const std::string& key, size_t least, size_t most) {
  std::string value = map.text(key, "");
  const bool hexadecimal = std::all_of(
      value.begin(), value.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  if (map.has(key) && (!hexadecimal || value.size() < least || value.size() > most))
    map.fail(key,
             fmt::format("'{}' must be {} lower-case hexadecimal digits", key,
                         least == most ? fmt::format("{}", least) : fmt::format("{} to {}", least, most)));
  return value;
}

void check_url(const YamlMap& map, const std::string& key, const std::string& url) {
  const bool printable = std::all_of(url.begin(), url.end(), [](char c) { return c > 0x20 && c < 0x7f; });
  if (!printable || !(url.starts_with("https://") || url.starts_with("http://")))
    map.fail(key, fmt::format("'{}' is not an http or https address", url));
}

OfficialFile read_file_entry(YamlMap& map) {
  OfficialFile file;
  file.name = map.text("name");
  check_name(map, file.name);
  file.title = map.text("title");
  file.urls = map.texts("urls");
  for (const std::string& url : file.urls) check_url(map, "urls", url);
  file.page = map.text("page", "");
  if (!file.page.empty()) check_url(map, "page", file.page);
  if (file.urls.empty() && file.page.empty())
    map.fail("name", fmt::format("'{}' has neither 'urls' nor a 'page'", file.name), "say where it is found");
  file.sha256 = digits(map, "sha256", 64, 64);
  file.sha256_prefix = digits(map, "sha256_prefix", 6, 63);
  if (!file.sha256.starts_with(file.sha256_prefix) && !file.sha256.empty())
    map.fail("sha256_prefix", "'sha256' does not begin with 'sha256_prefix'");
  if (const int64_t bytes = map.integer("bytes", 1); map.has("bytes")) {
    if (bytes < 1) map.fail("bytes", "'bytes' must be positive");
    file.bytes = static_cast<uint64_t>(bytes);
  }
  file.licence = map.text("licence");
  file.note = map.text("note", "");
  file.used_by = map.texts("used_by");
  map.finish();
  return file;
}

}  // namespace

const OfficialFile* Manifest::find(const std::string& name) const {
  const auto found = std::find_if(files.begin(), files.end(), [&](const auto& f) { return f.name == name; });
  return found == files.end() ? nullptr : &*found;
}

Manifest parse_manifest(const std::string& text, const std::string& origin) {
  check_plain_yaml(text, origin);
  YamlMap map = YamlMap::parse(text, origin);
  Manifest manifest{origin, {}};
  std::set<std::string> names;
  for (YamlMap& entry : map.maps("files")) {
    manifest.files.push_back(read_file_entry(entry));
    if (!names.insert(manifest.files.back().name).second)
      entry.fail("name", fmt::format("'{}' stands twice", manifest.files.back().name));
  }
  map.finish();
  if (manifest.files.empty()) map.fail("files", "the list has no files");
  return manifest;
}

Manifest load_manifest(const std::filesystem::path& path) {
  return parse_manifest(read_file(path, kMaxManifestBytes), path.string());
}

std::filesystem::path default_manifest() { return resource_root() / "models" / "weights.yaml"; }

}  // namespace vidbench::weights
