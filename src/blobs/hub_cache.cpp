#include "blobs/hub_cache.h"

#include <algorithm>
#include <fstream>
#include <vector>

#include "base/files.h"
#include "base/json.h"
#include "base/variable.h"
#include "blobs/choose_files.h"

namespace vidbench::blobs {
namespace fs = std::filesystem;
namespace {

constexpr size_t kMaxIndexBytes = size_t{64} << 20;

HubListing list_folder(const fs::path& snapshot) {
  HubListing listing;
  std::error_code ec;
  for (auto entry = fs::recursive_directory_iterator(snapshot, ec); !ec && entry != fs::end(entry);
       entry.increment(ec))
    if (entry->is_regular_file(ec))
      listing.files.push_back(
          {entry->path().lexically_relative(snapshot).string(), entry->file_size(ec), "", ""});
  std::sort(listing.files.begin(), listing.files.end(),
            [](const auto& a, const auto& b) { return a.path < b.path; });
  return listing;
}

// Whether all shards that an index of weights names lie beside it.
bool has_shards(const fs::path& index) {
  const Json json = parse_json(read_file(index, kMaxIndexBytes), index.string());
  std::error_code ec;
  for (const auto& [tensor, shard] : json.at("weight_map").items())
    if (!fs::is_regular_file(index.parent_path() / shard.get<std::string>(), ec)) return false;
  return true;
}

bool is_whole_pipeline(const fs::path& snapshot, const Reference& reference) {
  const fs::path index = snapshot / "model_index.json";
  const auto components = read_components(read_file(index, kMaxIndexBytes), index.string());
  const auto files = choose_files(list_folder(snapshot), reference, components);
  const auto is_there = [&](const std::string& component) {
    bool any = false, configuration = false, weights = false;
    for (const HubFile& file : files) {
      if (!file.path.starts_with(component + "/")) continue;
      any = true;
      configuration = configuration || file.path == component + "/config.json";
      weights = weights || file.path.ends_with(".safetensors") || is_pickled(file.path);
    }
    return any && configuration == weights;
  };
  return std::all_of(components.begin(), components.end(), is_there) &&
         std::all_of(files.begin(), files.end(), [&](const HubFile& file) {
           return file.path.find(".index.") == std::string::npos || has_shards(snapshot / file.path);
         });
}

}  // namespace

fs::path hub_cache() {
  if (const std::string cache = variable("HF_HUB_CACHE"); !cache.empty()) return cache;
  if (const std::string home = variable("HF_HOME"); !home.empty()) return fs::path(home) / "hub";
  const std::string xdg = variable("XDG_CACHE_HOME");
  const fs::path base = xdg.empty() ? fs::path(variable("HOME")) / ".cache" : fs::path(xdg);
  return base / "huggingface/hub";
}

std::optional<fs::path> hub_snapshot(const fs::path& cache, const std::string& repository,
                                     const std::string& revision) {
  const fs::path folder = cache / hub_folder(repository);
  std::error_code ec;
  if (!fs::is_directory(folder, ec)) return std::nullopt;
  std::string commit = is_hex(revision, 40) ? revision : "";
  if (commit.empty() && is_safe_path(revision)) std::ifstream(folder / "refs" / revision) >> commit;
  if (!commit.empty() && commit.find('/') == std::string::npos &&
      fs::is_directory(folder / "snapshots" / commit, ec))
    return folder / "snapshots" / commit;
  if (revision != "main") return std::nullopt;
  std::vector<fs::path> snapshots;
  for (const auto& entry : fs::directory_iterator(folder / "snapshots", ec))
    snapshots.push_back(entry.path());
  if (snapshots.empty()) return std::nullopt;
  return *std::min_element(snapshots.begin(), snapshots.end());
}

std::optional<FoundFiles> find_files(const Store& store, const fs::path& cache, const Reference& reference) {
  std::error_code ec;
  const auto within = [&](const fs::path& snapshot) {
    return reference.path.empty() ? snapshot : snapshot / reference.path;
  };
  if (const auto snapshot = store.find(reference); snapshot && fs::exists(within(*snapshot), ec))
    return FoundFiles{within(*snapshot), snapshot->filename().string(), true};
  const auto snapshot = hub_snapshot(cache, reference.repository, reference.revision);
  if (!snapshot || !fs::exists(within(*snapshot), ec)) return std::nullopt;
  return FoundFiles{within(*snapshot), snapshot->filename().string(), false};
}

bool is_whole(const fs::path& snapshot, const Reference& reference) {
  std::error_code ec;
  if (!reference.path.empty()) return fs::is_regular_file(snapshot / reference.path, ec);
  if (!fs::is_regular_file(snapshot / "model_index.json", ec)) return false;
  try {
    return is_whole_pipeline(snapshot, reference);
  } catch (const std::exception&) {  // a broken index: the hub's list tells more
    return false;
  }
}

}  // namespace vidbench::blobs
