// Gets official weight files from where they are published, or from mirrors.
#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "blobs/transfer.h"
#include "weights/folder.h"

namespace vidbench::weights {

struct FetchOptions {
  std::vector<std::string>
      mirrors;           // base addresses, tried before the manifest's; the file's name is appended
  bool offline = false;  // refuse to ask the network
  uint64_t max_bytes = uint64_t{32} << 30;
  std::function<void(const OfficialFile&, const blobs::TransferProgress&)> on_progress = [](const auto&,
                                                                                            const auto&) {};
};

enum class Fetched { kAlreadyThere, kFetched };

// Brings `file` into `folder` (made when it is not there) and checks it; a file that is there and sound is
// left alone, a damaged one is replaced when the new one is complete. Each address is tried again after
// passing trouble, then the next. One process at a time a file: others wait. After an interruption, a crash
// or a failure of the network the next call goes on where this one ended. Throws Error(kEnvironment) when no
// address gave the file, with the reason of each, Error(kInterrupted) after a stop request.
Fetched fetch(const Folder& folder, const OfficialFile& file, const FetchOptions& options,
              const std::stop_token& stop);

// Throws Error(kInput) for what is not an http or https address.
void check_mirror(const std::string& mirror);

// Throws Error(kInput) when the first bytes of `path` are text (an error page, a git-lfs pointer): no weight
// file is. For files whose digest nobody states, so that such a thing is never pinned.
void refuse_text(const std::filesystem::path& path);

}  // namespace vidbench::weights
