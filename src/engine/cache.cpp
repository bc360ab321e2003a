#include "engine/cache.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/log.h"

namespace vidbench::engine {
namespace fs = std::filesystem;
namespace {

Json describe(const store::GeneratedVideo& video) {
  return {{"schema", "vidbench.cached-video/1"},
          {"file", fs::path(video.path).filename().string()},
          {"sha256", video.sha256},
          {"frames", video.frames},
          {"height", video.height},
          {"width", video.width},
          {"fps", video.fps},
          {"latency_s", video.latency_s},
          {"batch_s", video.batch_s},
          {"batch_size", video.batch_size},
          {"peak_memory_bytes", video.peak_memory_bytes}};
}

store::GeneratedVideo read_entry(const fs::path& entry) {
  const Json json = parse_json(read_file(entry, 1 << 16), entry.string());
  store::GeneratedVideo video;
  video.path = (entry.parent_path() / json.at("file").get<std::string>()).string();
  video.sha256 = json.at("sha256");
  video.frames = json.at("frames");
  video.height = json.at("height");
  video.width = json.at("width");
  video.fps = json.at("fps");
  video.latency_s = json.at("latency_s");
  video.batch_s = json.at("batch_s");
  video.batch_size = json.at("batch_size");
  video.peak_memory_bytes = json.at("peak_memory_bytes");
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

std::optional<store::GeneratedVideo> VideoCache::find(const std::string& key) const {
  const fs::path entry = stem(key).string() + ".json";
  std::error_code ec;
  if (!fs::exists(entry, ec)) return std::nullopt;
  try {
    store::GeneratedVideo video = read_entry(entry);
    if (sha256_file(video.path) == video.sha256) return video;
    log_warning(fmt::format("cached video {} is damaged: it will be generated again", video.path));
  } catch (const std::exception& e) {
    log_warning(
        fmt::format("cache entry {} is not usable ({}): it will be made again", entry.string(), e.what()));
  }
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

}  // namespace vidbench::engine
