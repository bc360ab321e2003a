// The cache folder of huggingface_hub, and where the files of a reference are: in our store or in there.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "blobs/reference.h"
#include "blobs/store.h"

namespace vidbench::blobs {

// By huggingface_hub's documented variables.
[[nodiscard]] std::filesystem::path hub_cache();

// The folder of the files of "owner/name" at a revision (a branch, tag or commit that the cache knows); for
// main, where the cache does not know it, of any. nullopt when nothing is downloaded.
[[nodiscard]] std::optional<std::filesystem::path> hub_snapshot(const std::filesystem::path& cache,
                                                                const std::string& repository,
                                                                const std::string& revision = "main");

struct FoundFiles {
  std::filesystem::path path;  // of the snapshot, or of the file or folder in it
  std::string commit;          // that the snapshot is of
  bool in_store = false;
};

// In the store when the reference was pulled, else in the cache when something of it is there.
[[nodiscard]] std::optional<FoundFiles> find_files(const Store& store, const std::filesystem::path& cache,
                                                   const Reference& reference);

// Whether a snapshot holds, as far as it tells by itself, all that the reference asks for: the file, or the
// components of a pipeline, each model with its configuration and all shards of its weights. False for what
// only the hub's list can tell.
[[nodiscard]] bool is_whole(const std::filesystem::path& snapshot, const Reference& reference);

}  // namespace vidbench::blobs
