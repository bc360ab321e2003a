// A tar.zst as a stream: written whole or not at all, and read with distrust. The only user of libarchive.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

struct archive;

namespace vidbench::bundle {

// Writes beside the target and renames at finish(). The bytes depend on the content alone: no times, owners
// or modes of this machine. Throws Error(kEnvironment) naming the file when it cannot be written.
class ArchiveWriter {
 public:
  explicit ArchiveWriter(std::filesystem::path target);
  ~ArchiveWriter();
  ArchiveWriter(const ArchiveWriter&) = delete;
  ArchiveWriter& operator=(const ArchiveWriter&) = delete;

  // The next entry; then exactly `bytes` of write().
  void begin(const std::string& name, uint64_t bytes);
  void write(std::string_view bytes);
  void finish();

 private:
  struct Close {
    void operator()(archive* writer) const;
  };
  [[noreturn]] void fail() const;
  std::filesystem::path target_, temporary_;
  int fd_ = -1;
  std::unique_ptr<archive, Close> archive_;
};

struct ArchiveEntry {
  std::string name;
  uint64_t bytes = 0;  // as the archive declares
};

// Throws Error(kInput) that begins with `origin` for what is no zstd-compressed tar, damage, a truncated
// file, and an entry that is not a plain file with a name and a size.
class ArchiveReader {
 public:
  explicit ArchiveReader(const std::filesystem::path& file);
  // `bytes` outlive the reader.
  ArchiveReader(std::string_view bytes, std::string origin);
  ~ArchiveReader();
  ArchiveReader(const ArchiveReader&) = delete;
  ArchiveReader& operator=(const ArchiveReader&) = delete;

  // Nothing at the end.
  [[nodiscard]] std::optional<ArchiveEntry> next();
  // Fills the front of `buffer` with what follows of the entry; 0 at its end.
  [[nodiscard]] size_t read(std::span<char> buffer);
  [[nodiscard]] const std::string& origin() const { return origin_; }

 private:
  struct Free {
    void operator()(archive* reader) const;
  };
  void support();
  [[noreturn]] void fail() const;
  std::string origin_;
  std::unique_ptr<archive, Free> archive_;
};

}  // namespace vidbench::bundle
