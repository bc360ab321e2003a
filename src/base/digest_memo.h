// SHA-256 of files that were read before: what costs a whole read is asked of the file system when nothing
// changed.
#pragma once

#include <filesystem>
#include <string>

namespace vidbench {

// Layout: <folder>/<digest of the path [0:2]>/<digest of the path>. An entry counts while the file's size,
// inode, and times of change (mtime and ctime, in nanoseconds) are those that were seen; a file that was
// changed less than two seconds before it is read is not remembered, since the clock of a file system may be
// coarse. Safe for several processes.
class DigestMemo {
 public:
  explicit DigestMemo(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // As sha256_file. A folder that cannot be written costs speed and nothing else.
  [[nodiscard]] std::string sha256(const std::filesystem::path& file) const;

 private:
  std::filesystem::path folder_;
};

}  // namespace vidbench
