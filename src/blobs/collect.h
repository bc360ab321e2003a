// Takes away what nothing needs, and what was least recently used when there is too much.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "blobs/store.h"

namespace vidbench::blobs {

struct CollectOptions {
  std::optional<uint64_t> max_bytes;  // evict manifests until the blobs take no more
  double parts_age_s = 7 * 86400.0;   // interrupted downloads that nobody went on with for as long
  bool dry_run = false;
};

struct Collected {
  struct Evicted {
    std::string reference;  // for people
    uint64_t bytes = 0;     // of its files
    int64_t last_used_ns = 0;
  };
  std::vector<Evicted> evicted;  // in the order of eviction
  uint64_t removed_blobs = 0, removed_parts = 0;
  uint64_t freed_bytes = 0;
  uint64_t left_bytes = 0;    // of blobs
  uint64_t in_use_bytes = 0;  // of those, what living processes claim
};

// Removes blobs that no manifest names and no living process claims, folders of commits that no manifest
// names, and old parts; before that, above `max_bytes`, manifests that were not used for longest, never one
// in use. What is in use may leave more than `max_bytes`. Throws Error(kInput) for a manifest that cannot be
// understood: nothing is removed then.
[[nodiscard]] Collected collect(const Store& store, const CollectOptions& options);

// $VIDBENCH_STORE_QUOTA. Throws Error(kInput) for what is no size.
[[nodiscard]] std::optional<uint64_t> quota();

}  // namespace vidbench::blobs
