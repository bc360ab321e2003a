// What the Hugging Face Hub's API says of a revision: its commit and its files.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace vidbench::blobs {

struct HubFile {
  std::string path;
  uint64_t bytes = 0;
  std::string sha256;    // of a large file
  std::string git_sha1;  // of a small one: sha1 of "blob <bytes>\0" and its content
};

struct HubListing {
  std::string commit;
  std::vector<HubFile> files;  // sorted by path
};

// Throws Error(kInput) "<origin>: …" for an answer of another form, a path that leads out of the repository,
// a file without a size or a digest.
[[nodiscard]] HubListing parse_hub_listing(std::string_view json, const std::string& origin);

}  // namespace vidbench::blobs
