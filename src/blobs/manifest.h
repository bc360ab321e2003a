// What a reference led to: the files of one commit by content. One JSON file each in the store.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "blobs/reference.h"

namespace vidbench::blobs {

struct ManifestFile {
  std::string path;    // in the repository
  std::string sha256;  // its content's
  uint64_t bytes = 0;
  std::string source;    // the address it comes from
  std::string git_sha1;  // by which the hub knows a small file; "" of a large one
  bool pickled = false;  // loading it can run code
};

struct Manifest {
  Reference reference;
  std::string commit;
  std::string pulled_at;            // RFC 3339 UTC
  std::vector<ManifestFile> files;  // sorted by path

  [[nodiscard]] uint64_t bytes() const;
  [[nodiscard]] std::vector<std::string> pickled() const;  // paths
};

[[nodiscard]] Json to_json(const Manifest& manifest);
// Throws Error(kInput) "<origin>: …" for what is no manifest: names that could lead out of a folder, digests
// that are none, a file twice.
[[nodiscard]] Manifest parse_manifest(std::string_view text, const std::string& origin);

// Whether a file of this name is made by Python's pickle.
[[nodiscard]] bool is_pickled(const std::string& path);

}  // namespace vidbench::blobs
