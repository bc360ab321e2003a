// Small file helpers with errors that name the file.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace vidbench {

// The whole file; throws Error(kInput) when it cannot be read or is larger than `limit_bytes`.
[[nodiscard]] std::string read_file(const std::filesystem::path& path, size_t limit_bytes = size_t{1} << 30);

// kPowerLoss syncs file and folder; kCrash is enough for what can be made again (caches).
enum class Durability { kPowerLoss, kCrash };

// Writes to a temporary name beside `path` and renames: after a crash the file is either the old or the new
// one, whole. Creates parent folders. Throws Error(kEnvironment).
void write_file_atomic(const std::filesystem::path& path, std::string_view content,
                       Durability durability = Durability::kPowerLoss);

// Throws Error(kEnvironment) with errno's reason.
[[noreturn]] void throw_write(const std::filesystem::path& path);

// A new empty folder under the system's temporary folder, removed with its content on destruction.
class TemporaryDirectory {
 public:
  explicit TemporaryDirectory(std::string_view prefix = "vidbench");
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// A file that is being made at this path: what an earlier program left there goes, and so does this one
// unless it was renamed to its final name.
class TemporaryFile {
 public:
  explicit TemporaryFile(std::filesystem::path path);
  ~TemporaryFile();
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// $XDG_DATA_HOME/vidbench and $XDG_CACHE_HOME/vidbench, with the defaults of the XDG specification.
[[nodiscard]] std::filesystem::path data_home();
[[nodiscard]] std::filesystem::path cache_home();

// The folder that ships suites/, catalogue/, models/ and python/: $VIDBENCH_HOME, else the nearest ancestor
// of the running executable that has suites/quickstart.yaml. Throws Error(kEnvironment) when there is none.
[[nodiscard]] std::filesystem::path resource_root();
// The folder of the running executable (where vidbench-eval and vidbench-shapes stand beside vidbench).
[[nodiscard]] std::filesystem::path executable_directory();

}  // namespace vidbench
