#include "blobs/collect.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <map>
#include <set>

#include "base/amount.h"
#include "base/descriptor.h"
#include "base/error.h"
#include "base/strings.h"
#include "base/variable.h"
#include "blobs/lease.h"

namespace vidbench::blobs {
namespace fs = std::filesystem;
namespace {

class Collector {
 public:
  Collector(const Store& store, const CollectOptions& options)
      : store_(store),
        options_(options),
        in_use_(read_leases(store)),
        manifests_(store.manifests()),
        blobs_(store.blobs()) {
    for (const StoredBlob& blob : blobs_) {
      sizes_[blob.sha256] = blob.bytes;
      result_.left_bytes += blob.bytes;
      if (in_use_.blobs.contains(blob.sha256)) result_.in_use_bytes += blob.bytes;
    }
    for (const StoredManifest& stored : manifests_)
      for (const std::string& sha256 : digests(stored.manifest)) ++needed_[sha256];
    for (const std::string& sha256 : in_use_.blobs) ++needed_[sha256];
  }

  Collected run() {
    for (const StoredBlob& blob : blobs_)
      if (!needed_.contains(blob.sha256)) remove_blob(blob.sha256);
    if (options_.max_bytes) evict(*options_.max_bytes);
    remove_snapshots();
    remove_parts();
    return std::move(result_);
  }

 private:
  static std::set<std::string> digests(const Manifest& manifest) {
    std::set<std::string> all;
    for (const ManifestFile& file : manifest.files) all.insert(file.sha256);
    return all;
  }

  void remove_blob(const std::string& sha256) {
    const auto found = sizes_.find(sha256);
    if (found == sizes_.end()) return;
    if (!options_.dry_run && ::unlink(store_.blob(sha256).c_str()) != 0) return;
    ++result_.removed_blobs;
    result_.freed_bytes += found->second;
    result_.left_bytes -= found->second;
    sizes_.erase(found);
  }

  void evict(uint64_t most) {
    std::vector<const StoredManifest*> order;
    for (const StoredManifest& stored : manifests_)
      if (!in_use_.manifests.contains(stored.manifest.reference.key())) order.push_back(&stored);
    std::stable_sort(order.begin(), order.end(),
                     [](const auto* a, const auto* b) { return a->last_used_ns < b->last_used_ns; });
    for (const StoredManifest* stored : order) {
      if (result_.left_bytes <= most) return;
      if (!options_.dry_run) store_.withdraw(stored->manifest);
      for (const std::string& sha256 : digests(stored->manifest))
        if (--needed_[sha256] == 0) remove_blob(sha256);
      result_.evicted.push_back(
          {stored->manifest.reference.text(), stored->manifest.bytes(), stored->last_used_ns});
    }
  }

  // Of commits that a reference led to before it was updated.
  void remove_snapshots() {
    if (options_.dry_run) return;
    std::set<fs::path> known = in_use_.snapshots;
    for (const StoredManifest& stored : manifests_)
      known.insert(store_.snapshot(stored.manifest.reference, stored.manifest.commit));
    std::error_code ec;
    std::vector<fs::path> old;
    for (const auto& host : fs::directory_iterator(store_.root() / "hub", ec))
      for (const auto& repository : fs::directory_iterator(host.path(), ec))
        for (const auto& commit : fs::directory_iterator(repository.path() / "snapshots", ec))
          if (!known.contains(commit.path())) old.push_back(commit.path());
    for (const fs::path& folder : old) fs::remove_all(folder, ec);
  }

  void remove_parts() {
    std::error_code ec;
    std::vector<fs::path> parts;
    for (const auto& entry : fs::directory_iterator(store_.parts(), ec))
      if (entry.path().extension() == ".ranges") parts.push_back(entry.path());
    for (const fs::path& part : parts) {
      struct stat status {};
      if (::stat(part.c_str(), &status) != 0) continue;
      const double age_s = std::difftime(::time(nullptr), status.st_mtim.tv_sec);
      if (age_s < options_.parts_age_s || is_locked(fs::path(part).replace_extension(".lock"))) continue;
      ++result_.removed_parts;
      result_.freed_bytes += static_cast<uint64_t>(status.st_blocks) * 512;
      if (options_.dry_run) continue;
      fs::remove(part, ec);
      fs::remove(part.string() + ".json", ec);
    }
  }

  static bool is_locked(const fs::path& path) {
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    return file.get() >= 0 && ::flock(file.get(), LOCK_SH | LOCK_NB) != 0;
  }

  const Store& store_;
  const CollectOptions& options_;
  const InUse in_use_;
  const std::vector<StoredManifest> manifests_;
  const std::vector<StoredBlob> blobs_;
  std::map<std::string, uint64_t> sizes_;
  std::map<std::string, int> needed_;  // by how many manifests and claims
  Collected result_;
};

}  // namespace

Collected collect(const Store& store, const CollectOptions& options) {
  const StoreLock lock(store, StoreLock::Kind::kCollect);
  return Collector(store, options).run();
}

std::optional<uint64_t> quota() {
  const std::string value = variable("VIDBENCH_STORE_QUOTA");
  if (value.empty()) return std::nullopt;
  if (const auto bytes = parse_size(value)) return bytes;
  throw_input(fmt::format("VIDBENCH_STORE_QUOTA: '{}' is no size", one_line(value)),
              "give bytes, or 500MB, 200GiB, 1.5T");
}

}  // namespace vidbench::blobs
