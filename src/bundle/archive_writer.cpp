#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"
#include "bundle/archive.h"

namespace vidbench::bundle {
namespace {

struct FreeEntry {
  void operator()(archive_entry* entry) const { archive_entry_free(entry); }
};

}  // namespace

void ArchiveWriter::Close::operator()(archive* writer) const {
  // Freeing pads an unfinished entry into the temporary file, which nobody keeps. archive_write_fail() would
  // spare that, but then libarchive 3.6 leaks its buffers.
  archive_write_free(writer);
}

void ArchiveWriter::fail() const {
  const char* why = archive_ ? archive_error_string(archive_.get()) : nullptr;
  throw_environment(
      fmt::format("cannot write {}: {}", target_.string(), why != nullptr ? why : std::strerror(errno)),
      "check free space and permissions");
}

ArchiveWriter::ArchiveWriter(std::filesystem::path target) : target_(std::move(target)) {
  std::error_code ec;
  if (target_.has_parent_path()) std::filesystem::create_directories(target_.parent_path(), ec);
  temporary_ = fmt::format("{}.{}.tmp", target_.string(), ::getpid());
  fd_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd_ < 0) fail();
  archive_.reset(archive_write_new());
  if (archive_write_add_filter_zstd(archive_.get()) != ARCHIVE_OK ||
      archive_write_set_format_pax_restricted(archive_.get()) != ARCHIVE_OK ||
      archive_write_open_fd(archive_.get(), fd_) != ARCHIVE_OK)
    fail();
}

ArchiveWriter::~ArchiveWriter() {
  archive_.reset();
  if (fd_ < 0) return;
  ::close(fd_);
  ::unlink(temporary_.c_str());
}

void ArchiveWriter::begin(const std::string& name, uint64_t bytes) {
  const std::unique_ptr<archive_entry, FreeEntry> entry(archive_entry_new());
  archive_entry_set_pathname(entry.get(), name.c_str());
  archive_entry_set_size(entry.get(), static_cast<la_int64_t>(bytes));
  archive_entry_set_filetype(entry.get(), AE_IFREG);
  archive_entry_set_perm(entry.get(), 0644);
  archive_entry_set_mtime(entry.get(), 0, 0);
  if (archive_write_header(archive_.get(), entry.get()) != ARCHIVE_OK) fail();
}

void ArchiveWriter::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const la_ssize_t written = archive_write_data(archive_.get(), bytes.data(), bytes.size());
    if (written < 0) fail();
    if (written == 0)
      throw Error(ErrorCode::kInternal, fmt::format("{}: more bytes than announced", target_.string()));
    bytes.remove_prefix(static_cast<size_t>(written));
  }
}

void ArchiveWriter::finish() {
  if (archive_write_close(archive_.get()) != ARCHIVE_OK) fail();
  archive_.reset();
  if (::fsync(fd_) != 0 || ::rename(temporary_.c_str(), target_.c_str()) != 0) fail();
  ::close(fd_);
  fd_ = -1;
}

}  // namespace vidbench::bundle
