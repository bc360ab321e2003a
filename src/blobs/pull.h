// Brings the files of a reference into the store.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "blobs/ranged_transfer.h"
#include "blobs/store.h"

namespace vidbench::blobs {

struct PullOptions {
  std::vector<std::string> mirrors;   // base addresses, asked first in this order
  bool offline = false;               // ask nobody
  bool update = false;                // ask where the revision leads now, also when it was pulled
  std::optional<uint64_t> max_bytes;  // of all blobs; what was not used for longest makes room
  RangedOptions transfer;             // its token is not used
  // `file` is the path in the repository.
  std::function<void(const std::string& file, const TransferProgress&)> on_progress = [](const auto&,
                                                                                         const auto&) {};
};

struct Pulled {
  enum class How { kAlreadyThere, kInPlace, kFetched };
  How how = How::kAlreadyThere;
  std::filesystem::path path;        // the folder of the files, or the file that was asked for
  std::optional<Manifest> manifest;  // of what is in the store
  uint64_t bytes = 0;                // of all files
  uint64_t fetched_bytes = 0;        // over the network
};

// What is complete in the store, or in the Hugging Face cache, is left alone. Else the list of files comes
// from the first mirror that has it, or from the hub, and each blob from the first address that gives it,
// checked by its digest; files of the cache are linked or copied, not fetched. One process at a time a
// reference and a blob: others wait. After an interruption, a crash or a failure the next call goes on where
// this one ended. Throws Error(kEnvironment) when something cannot be had, or does not fit;
// Error(kInterrupted) after a stop request.
[[nodiscard]] Pulled pull(const Store& store, const Reference& reference, const PullOptions& options,
                          const std::stop_token& stop);

// Fetches the blobs of a manifest that are not there. Returns the bytes that were fetched; throws as pull().
uint64_t restore(const Store& store, const Manifest& manifest, const PullOptions& options,
                 const std::stop_token& stop);

}  // namespace vidbench::blobs
