// Finds the video that a script wrote under a name of its own choice.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace vidbench::workers {

// The regular files that match a pattern, and what tells a new one from an old one.
struct FileStamp {
  uint64_t inode = 0;
  int64_t size = 0, changed_ns = 0;
  bool operator==(const FileStamp&) const = default;
};
using FileStamps = std::map<std::filesystem::path, FileStamp>;

// In a name of the pattern '*' and '?' have their usual meaning; a name "**" stands for any folders. Links
// are not followed.
[[nodiscard]] FileStamps matching_files(const std::filesystem::path& pattern);

// The files of `after` that are not in `before` or have changed, the newest first.
[[nodiscard]] std::vector<std::filesystem::path> new_files(const FileStamps& before, const FileStamps& after);

// What the beginning of the file says it is: ".mp4", ".webm", ".avi", ".gif", ".npy", or "" for what is no
// video.
[[nodiscard]] std::string video_kind(const std::filesystem::path& file);

}  // namespace vidbench::workers
