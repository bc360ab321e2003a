// A bundle from another machine, verified file by file, as a run of this one.
#pragma once

#include <filesystem>
#include <stop_token>
#include <string>

#include "bundle/index.h"
#include "store/store.h"

namespace vidbench::bundle {

struct ImportOptions {
  std::filesystem::path runs_directory;      // the run's folder is made in it
  std::string as;                            // another id for the run; "" = its own
  bool dry_run = false;                      // verify everything and leave nothing
  uint64_t max_bytes = uint64_t{256} << 30;  // of all files, unpacked
};

enum class Outcome {
  kImported,
  kVerified,      // a dry run
  kAlreadyThere,  // the store has this run with the same manifest and results: nothing was done
};
[[nodiscard]] std::string to_string(Outcome outcome);  // "imported", "verified", "already there"

struct Import {
  Outcome outcome = Outcome::kImported;
  Index index;
  std::string run;  // the id it has here
  std::filesystem::path directory;
  size_t videos = 0;        // with their digests checked
  std::string leaderboard;  // leaderboard.json as the other machine computed it; "" = not in the bundle
};

// What a bundle is refused for: anything but a zstd-compressed tar of plain files; a first file that is not
// bundle.json of a known schema; a file that it does not list, that is there twice, missing, or of another
// size or sha256 than listed; records that contradict each other, the manifest or the videos; more than
// `max_bytes`, or than the disk has room for; a run of that id with other content. Each is an Error(kInput)
// of one line that leaves neither store nor folder changed. After a kill at any time the store has the whole
// run or nothing of it, and a folder that was left over is taken away by the next import. Throws
// Error(kEnvironment) when a file cannot be written, Error(kInterrupted) after a stop request.
[[nodiscard]] Import import_bundle(store::Store& store, const std::filesystem::path& file,
                                   const ImportOptions& options, const std::stop_token& stop);

}  // namespace vidbench::bundle
