// The weights store on disk: names → manifests → blobs. Its layout: docs/weights-store.md.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "blobs/manifest.h"
#include "blobs/reference.h"

namespace vidbench::blobs {

struct StoredManifest {
  Manifest manifest;
  std::filesystem::path file;
  int64_t last_used_ns = 0;  // since 1970
};

struct StoredBlob {
  std::string sha256;
  std::filesystem::path file;
  uint64_t bytes = 0;
};

// Knows where things lie; keeps nothing in memory, so that several processes agree. Thread-safe.
class Store {
 public:
  explicit Store(std::filesystem::path root) : root_(std::move(root)) {}
  // $VIDBENCH_MODELS_STORE, else `models` in the data folder.
  [[nodiscard]] static Store open_default();

  [[nodiscard]] const std::filesystem::path& root() const { return root_; }
  [[nodiscard]] std::filesystem::path blob(const std::string& sha256) const {
    return root_ / "blobs" / ("sha256-" + sha256);
  }
  [[nodiscard]] std::filesystem::path manifest(const Reference& reference) const {
    return root_ / "manifests" / (reference.key() + ".json");
  }
  [[nodiscard]] std::filesystem::path parts() const { return root_ / "parts"; }
  [[nodiscard]] std::filesystem::path leases() const { return root_ / "leases"; }
  // In the layout of the Hugging Face cache.
  [[nodiscard]] std::filesystem::path repository(const Reference& reference) const;
  [[nodiscard]] std::filesystem::path snapshot(const Reference& reference, const std::string& commit) const {
    return repository(reference) / "snapshots" / commit;
  }
  [[nodiscard]] std::filesystem::path ref(const Reference& reference) const {
    return repository(reference) / "refs" / reference.leaf();
  }

  // Throws Error(kEnvironment) when a folder of the store cannot be made.
  void make_folders() const;

  [[nodiscard]] bool has_blob(const std::string& sha256, uint64_t bytes) const;
  // nullopt when there is none. Throws Error(kInput) for one that cannot be understood.
  [[nodiscard]] std::optional<Manifest> read_manifest(const Reference& reference) const;
  // Whether all its files are there, by their sizes.
  [[nodiscard]] bool is_complete(const Manifest& manifest) const;
  // The folder of the reference's files when it was pulled: what `read_manifest` and `is_complete` would
  // promise, without reading either.
  [[nodiscard]] std::optional<std::filesystem::path> find(const Reference& reference) const;

  // Sorted by file. Throws as read_manifest.
  [[nodiscard]] std::vector<StoredManifest> manifests() const;
  [[nodiscard]] std::vector<StoredBlob> blobs() const;

  // Makes the manifest and the folder of its files, in that folder links to blobs; the ref comes last, so
  // that find() sees all or nothing. Throws Error(kEnvironment).
  void publish(const Manifest& manifest) const;
  // Takes back what publish() made; blobs stay. A folder that another manifest has in use stays, too.
  void withdraw(const Manifest& manifest) const;
  // Notes that the manifest is used now; a store that cannot be written is let be.
  void touch(const Reference& reference) const noexcept;

 private:
  std::filesystem::path root_;
};

// Of what collects or claims: many may claim at once, one collects alone. Ends with the process.
class StoreLock {
 public:
  enum class Kind { kClaim, kCollect };
  StoreLock(const Store& store, Kind kind);
  ~StoreLock();
  StoreLock(const StoreLock&) = delete;
  StoreLock& operator=(const StoreLock&) = delete;

 private:
  int fd_;
};

}  // namespace vidbench::blobs
