#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"
#include "base/strings.h"
#include "bundle/archive.h"

namespace vidbench::bundle {
namespace {

constexpr size_t kBlock = size_t{1} << 18;

const char* kind_of(archive_entry* entry) {
  if (archive_entry_hardlink(entry) != nullptr) return "a hard link";
  if (archive_entry_symlink(entry) != nullptr) return "a symbolic link";
  switch (archive_entry_filetype(entry)) {
    case AE_IFREG:
      return archive_entry_sparse_count(entry) > 0 ? "a sparse file" : nullptr;
    case AE_IFDIR:
      return "a folder";
    case AE_IFLNK:
      return "a symbolic link";
    default:
      return "a device, pipe or socket";
  }
}

}  // namespace

void ArchiveReader::Free::operator()(archive* reader) const { archive_read_free(reader); }

void ArchiveReader::fail() const {
  if (archive_errno(archive_.get()) == ENOMEM) throw_environment(origin_ + ": out of memory");
  const char* why = archive_error_string(archive_.get());
  throw_input(fmt::format("{}: not a whole tar.zst: {}", origin_, one_line(why != nullptr ? why : "damaged")),
              "fetch the bundle again");
}

void ArchiveReader::support() {
  archive_.reset(archive_read_new());
  archive_read_support_filter_zstd(archive_.get());
  archive_read_support_format_tar(archive_.get());
}

ArchiveReader::ArchiveReader(const std::filesystem::path& file) : origin_(file.string()) {
  std::error_code ec;
  if (!std::filesystem::is_regular_file(file, ec))
    throw_input(
        fmt::format("{} {}", origin_, std::filesystem::exists(file, ec) ? "is not a file" : "is not there"));
  support();
  if (archive_read_open_filename(archive_.get(), file.c_str(), kBlock) != ARCHIVE_OK) {
    if (archive_errno(archive_.get()) == EACCES)
      throw_input(fmt::format("cannot read {}: {}", origin_, std::strerror(EACCES)));
    fail();
  }
}

ArchiveReader::ArchiveReader(std::string_view bytes, std::string origin) : origin_(std::move(origin)) {
  support();
  if (archive_read_open_memory(archive_.get(), bytes.data(), bytes.size()) != ARCHIVE_OK) fail();
}

ArchiveReader::~ArchiveReader() = default;

std::optional<ArchiveEntry> ArchiveReader::next() {
  archive_entry* entry = nullptr;
  const int code = archive_read_next_header(archive_.get(), &entry);
  if (code == ARCHIVE_EOF) return std::nullopt;
  // A warning is about a name or an attribute that this machine cannot express: no bundle has such.
  if (code != ARCHIVE_OK) fail();
  if (archive_filter_code(archive_.get(), 0) != ARCHIVE_FILTER_ZSTD)
    throw_input(origin_ + ": not compressed with zstd");
  const char* name = archive_entry_pathname(entry);
  if (name == nullptr) throw_input(origin_ + ": an entry without a name that can be read");
  if (const char* kind = kind_of(entry))
    throw_input(fmt::format("{}: entry '{}' is {}, not a file", origin_, one_line(name), kind));
  if (archive_entry_size_is_set(entry) == 0 || archive_entry_size(entry) < 0)
    throw_input(fmt::format("{}: entry '{}' has no size", origin_, one_line(name)));
  return ArchiveEntry{name, static_cast<uint64_t>(archive_entry_size(entry))};
}

size_t ArchiveReader::read(std::span<char> buffer) {
  const la_ssize_t count = archive_read_data(archive_.get(), buffer.data(), buffer.size());
  if (count < 0) fail();
  return static_cast<size_t>(count);
}

}  // namespace vidbench::bundle
