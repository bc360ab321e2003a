#include "blobs/lease.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>

#include "base/descriptor.h"
#include "base/error.h"
#include "base/files.h"
#include "base/strings.h"

namespace vidbench::blobs {
namespace fs = std::filesystem;
namespace {

constexpr size_t kMaxLeaseBytes = size_t{64} << 20;
constexpr int kMostTurns = 1000;
constexpr std::string_view kManifest = "manifest ", kSnapshot = "snapshot ", kBlob = "blob ";

void read_lines(const fs::path& file, InUse& in_use) {
  for (const std::string& line : split(read_file(file, kMaxLeaseBytes), '\n')) {
    if (line.starts_with(kManifest)) in_use.manifests.insert(line.substr(kManifest.size()));
    if (line.starts_with(kSnapshot)) in_use.snapshots.insert(line.substr(kSnapshot.size()));
    if (line.starts_with(kBlob)) in_use.blobs.insert(line.substr(kBlob.size()));
  }
}

}  // namespace

Lease::Lease(const Store& store) : store_(store) {
  static std::atomic<uint64_t> counter{0};  // a process may hold several
  store_.make_folders();
  // Not seen without its lock, or it would be taken for a dead process's.
  const StoreLock lock(store_, StoreLock::Kind::kClaim);
  // In another container a process may have our number.
  for (int turn = 0; fd_ < 0; ++turn) {
    file_ = store_.leases() / fmt::format("{}-{}-{}", ::getpid(), counter++, turn);
    fd_ = ::open(file_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd_ < 0 && (errno != EEXIST || turn == kMostTurns)) throw_write(file_);
  }
  if (::flock(fd_, LOCK_EX | LOCK_NB) != 0) throw_write(file_);
}

Lease::~Lease() {
  ::unlink(file_.c_str());
  ::close(fd_);
}

void Lease::write(const std::string& lines) {
  const StoreLock lock(store_, StoreLock::Kind::kClaim);
  std::string_view left = lines;
  while (!left.empty()) {
    const ssize_t written = ::write(fd_, left.data(), left.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw_write(file_);
    left.remove_prefix(static_cast<size_t>(written));
  }
}

void Lease::claim(const Manifest& manifest) {
  std::string lines = fmt::format("{}{}\n", kManifest, manifest.reference.key());
  lines += fmt::format("{}{}\n", kSnapshot, store_.snapshot(manifest.reference, manifest.commit).string());
  for (const ManifestFile& file : manifest.files) lines += fmt::format("{}{}\n", kBlob, file.sha256);
  write(lines);
  store_.touch(manifest.reference);
}

void Lease::claim_blob(const std::string& sha256) { write(fmt::format("{}{}\n", kBlob, sha256)); }

InUse read_leases(const Store& store) {
  InUse in_use;
  std::error_code ec;
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(store.leases(), ec)) files.push_back(entry.path());
  for (const fs::path& file : files) {
    const Descriptor lease(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    if (lease.get() < 0) continue;
    if (::flock(lease.get(), LOCK_SH | LOCK_NB) == 0)
      ::unlink(file.c_str());  // its process is dead
    else
      read_lines(file, in_use);
  }
  return in_use;
}

}  // namespace vidbench::blobs
