// Brings one file's content into the store.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "blobs/lease.h"
#include "blobs/mirrors.h"
#include "blobs/pull.h"

namespace vidbench::blobs {

// One call of pull() or restore(): what its files have in common.
class BlobFetch {
 public:
  BlobFetch(const Store& store, Lease& lease, const PullOptions& options, const std::stop_token& stop);

  // Makes the blob of `file` there: fetched, or taken from `copy`. The digest of a small file is filled in.
  // `address` is the hub's, which gets `token`. Returns the bytes that were fetched.
  uint64_t bring(ManifestFile& file, const std::string& address, const std::string& token,
                 const std::optional<std::filesystem::path>& copy);

 private:
  [[nodiscard]] bool take_copy(ManifestFile& file, const std::filesystem::path& copy);
  [[nodiscard]] std::string from(const std::string& url, const std::string& token, const ManifestFile& file,
                                 RangedPart& part, std::string& sha256, bool& failed);
  uint64_t fetch(ManifestFile& file, const std::string& address, const std::string& token);
  void keep(const std::filesystem::path& part, const std::string& sha256);
  [[nodiscard]] std::vector<std::pair<std::string, std::optional<Mirror>>> addresses(
      const ManifestFile& file, const std::string& address) const;

  const Store& store_;
  Lease& lease_;
  const PullOptions& options_;
  const std::stop_token& stop_;
  const Mirrors mirrors_;
};

// What the hub calls a small file: sha1 of "blob <bytes>\0" and its content. Throws Error(kInput).
[[nodiscard]] std::string git_sha1(const std::filesystem::path& file);

}  // namespace vidbench::blobs
