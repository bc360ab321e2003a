#include "engine/cache.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/log.h"
#include "store/records_json.h"

namespace vidbench::engine {
namespace fs = std::filesystem;
namespace {

// Entries name their file without a folder, so that a cache can be moved.
Json describe(const store::GeneratedVideo& video) {
  Json json = store::to_json(video);
  json["schema"] = "vidbench.cached-video/1";
  json["path"] = fs::path(video.path).filename().string();
  return json;
}

store::GeneratedVideo read_entry(const fs::path& entry) {
  store::GeneratedVideo video =
      store::generated_video_from_json(parse_json(read_file(entry, 1 << 16), entry.string()));
  video.path = (entry.parent_path() / video.path).string();
  video.from_cache = true;
  return video;
}

}  // namespace

void link_or_copy(const fs::path& target, const fs::path& link) {
  fs::create_directories(link.parent_path());
  std::error_code ec;
  fs::remove(link, ec);
  fs::create_hard_link(target, link, ec);
  if (ec) fs::copy_file(target, link, fs::copy_options::overwrite_existing);
}

fs::path VideoCache::stem(const std::string& key) const { return root_ / "videos" / key.substr(0, 2) / key; }

bool VideoCache::contains(const std::string& key) const {
  std::error_code ec;
  return fs::exists(stem(key).string() + ".json", ec);
}

std::optional<store::GeneratedVideo> VideoCache::find(const std::string& key) const {
  if (!contains(key)) return std::nullopt;
  const fs::path entry = stem(key).string() + ".json";
  try {
    store::GeneratedVideo video = read_entry(entry);
    if (sha256_file(video.path) == video.sha256) return video;
    log_warning(fmt::format("cached video {} is damaged: it will be generated again", video.path));
  } catch (const std::exception& e) {
    log_warning(
        fmt::format("cache entry {} is not usable ({}): it will be made again", entry.string(), e.what()));
  }
  std::error_code ec;
  fs::remove(entry, ec);
  return std::nullopt;
}

store::GeneratedVideo VideoCache::insert(const std::string& key, store::GeneratedVideo video) const {
  const fs::path source = video.path;
  const fs::path target = stem(key).string() + source.extension().string();
  video.sha256 = sha256_file(source);
  fs::create_directories(target.parent_path());
  std::error_code ec;
  fs::rename(source, target, ec);
  if (ec) {  // another file system
    const fs::path temporary = target.string() + ".part";
    fs::copy_file(source, temporary, fs::copy_options::overwrite_existing);
    fs::rename(temporary, target);
    fs::remove(source, ec);
  }
  video.path = target.string();
  write_file_atomic(stem(key).string() + ".json", describe(video).dump(), Durability::kCrash);
  return video;
}

fs::path VideoCache::facts_path(const std::string& model_digest) const {
  return root_ / "models" / (model_digest + ".json");
}

std::optional<store::ModelFacts> VideoCache::find_facts(const std::string& model_digest) const {
  const fs::path entry = facts_path(model_digest);
  std::error_code ec;
  if (!fs::exists(entry, ec)) return std::nullopt;
  try {
    return store::model_facts_from_json(parse_json(read_file(entry, 1 << 20), entry.string()));
  } catch (const std::exception& e) {
    log_warning(fmt::format("cache entry {} is not usable ({}): it is left out", entry.string(), e.what()));
    return std::nullopt;
  }
}

void VideoCache::insert_facts(const std::string& model_digest, const store::ModelFacts& facts) const {
  const fs::path entry = facts_path(model_digest);
  fs::create_directories(entry.parent_path());
  write_file_atomic(entry, store::to_json(facts).dump(), Durability::kCrash);
}

}  // namespace vidbench::engine
