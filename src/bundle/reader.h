// Reads a bundle once, from its first byte to its last, and believes only what it has verified.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "bundle/archive.h"
#include "bundle/index.h"
#include "bundle/results.h"

namespace vidbench::bundle {

struct ReaderLimits {
  uint64_t max_bytes = uint64_t{256} << 30;        // of all files together
  uint64_t max_memory_bytes = uint64_t{16} << 30;  // of those that are kept in memory: results, references
};

struct Content {
  Index index;
  std::string index_text, manifest_text;      // as they stand in the archive
  std::string leaderboard;                    // "" = not in the bundle
  store::RunContent run;                      // with its manifest; videos without a path
  std::map<std::string, std::string> videos;  // sample id → name in the bundle
};

// Gets the bytes of videos, previews and logs; called with a file's name and pieces of it in order, once with
// an empty piece at its end.
using FileSink = std::function<void(const File& file, std::string_view piece)>;

// Called when the index is read and before anything else is.
using IndexCheck = std::function<void(const Index& index)>;

// Throws Error(kInput) for everything that import.h names and that does not concern this machine,
// Error(kInterrupted) after a stop request.
[[nodiscard]] Content read_bundle(ArchiveReader& archive, const ReaderLimits& limits, const IndexCheck& check,
                                  const FileSink& sink, const std::stop_token& stop);

}  // namespace vidbench::bundle
