#include "blobs/store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <set>

#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/time.h"
#include "base/variable.h"

namespace vidbench::blobs {
namespace fs = std::filesystem;
namespace {

constexpr size_t kMaxManifestBytes = size_t{64} << 20;
constexpr std::string_view kBlobPrefix = "sha256-";

void make_folder(const fs::path& folder) {
  std::error_code ec;
  fs::create_directories(folder, ec);
  if (ec)
    throw_environment(fmt::format("cannot make {}: {}", folder.string(), ec.message()),
                      "check the path and its permissions, or set VIDBENCH_MODELS_STORE");
}

int64_t last_used_ns(const fs::path& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) return 0;
  return to_ns(status.st_mtim);
}

// A link that is right stays, so that somebody who reads it does not see it gone.
void link_to_blob(const fs::path& link, const fs::path& blob) {
  const fs::path target = blob.lexically_relative(link.parent_path());
  std::error_code ec;
  if (fs::read_symlink(link, ec) == target) return;
  make_folder(link.parent_path());
  const fs::path temporary = fmt::format("{}.{}.tmp", link.string(), ::getpid());
  ::unlink(temporary.c_str());
  if (::symlink(target.c_str(), temporary.c_str()) != 0 || ::rename(temporary.c_str(), link.c_str()) != 0)
    throw_write(link);
}

void remove_if_empty(fs::path folder, const fs::path& stop_at) {
  std::error_code ec;
  while (folder != stop_at && folder.has_relative_path() && fs::remove(folder, ec))
    folder = folder.parent_path();
}

}  // namespace

Store Store::open_default() {
  const std::string folder = variable("VIDBENCH_MODELS_STORE");
  return Store(fs::absolute(folder.empty() ? data_home() / "models" : fs::path(folder)));
}

fs::path Store::repository(const Reference& reference) const {
  return root_ / "hub" / reference.host / hub_folder(reference.repository);
}

void Store::make_folders() const {
  for (const char* name : {"blobs", "manifests", "parts", "leases"}) make_folder(root_ / name);
}

bool Store::has_blob(const std::string& sha256, uint64_t bytes) const {
  std::error_code ec;
  const fs::path file = blob(sha256);
  return fs::is_regular_file(file, ec) && fs::file_size(file, ec) == bytes && !ec;
}

std::optional<Manifest> Store::read_manifest(const Reference& reference) const {
  const fs::path file = manifest(reference);
  std::error_code ec;
  if (!fs::exists(file, ec)) return std::nullopt;
  return parse_manifest(read_file(file, kMaxManifestBytes), file.string());
}

bool Store::is_complete(const Manifest& manifest) const {
  return std::all_of(manifest.files.begin(), manifest.files.end(),
                     [this](const ManifestFile& file) { return has_blob(file.sha256, file.bytes); });
}

std::optional<fs::path> Store::find(const Reference& reference) const {
  std::string commit;
  std::ifstream(ref(reference)) >> commit;
  if (!is_commit(commit)) return std::nullopt;
  std::error_code ec;
  fs::path folder = snapshot(reference, commit);
  if (!fs::is_directory(folder, ec)) return std::nullopt;
  return folder;
}

std::vector<StoredManifest> Store::manifests() const {
  std::vector<fs::path> files;
  std::error_code ec;
  for (auto entry = fs::recursive_directory_iterator(root_ / "manifests", ec); !ec && entry != fs::end(entry);
       entry.increment(ec))
    if (entry->path().extension() == ".json" && entry->is_regular_file(ec)) files.push_back(entry->path());
  std::sort(files.begin(), files.end());
  std::vector<StoredManifest> manifests;
  for (const fs::path& file : files) {
    StoredManifest stored{parse_manifest(read_file(file, kMaxManifestBytes), file.string()), file,
                          last_used_ns(file)};
    if (manifest(stored.manifest.reference) != file)
      throw_input(fmt::format("{} says that it is {}", file.string(), stored.manifest.reference.key()),
                  "remove it and pull the model again");
    manifests.push_back(std::move(stored));
  }
  return manifests;
}

std::vector<StoredBlob> Store::blobs() const {
  std::vector<StoredBlob> blobs;
  std::error_code ec;
  for (auto entry = fs::directory_iterator(root_ / "blobs", ec); !ec && entry != fs::end(entry);
       entry.increment(ec)) {
    const std::string name = entry->path().filename().string();
    std::error_code gone;
    if (!name.starts_with(kBlobPrefix) || !is_sha256(name.substr(kBlobPrefix.size()))) continue;
    const uint64_t bytes = entry->file_size(gone);
    if (!gone) blobs.push_back({name.substr(kBlobPrefix.size()), entry->path(), bytes});
  }
  std::sort(blobs.begin(), blobs.end(), [](const auto& a, const auto& b) { return a.sha256 < b.sha256; });
  return blobs;
}

void Store::publish(const Manifest& manifest) const {
  const Reference& reference = manifest.reference;
  write_file_atomic(this->manifest(reference), document(to_json(manifest)) + "\n");
  const fs::path folder = snapshot(reference, manifest.commit);
  for (const ManifestFile& file : manifest.files) link_to_blob(folder / file.path, blob(file.sha256));
  write_file_atomic(ref(reference), manifest.commit);
}

void Store::withdraw(const Manifest& manifest) const {
  const Reference& reference = manifest.reference;
  std::error_code ec;
  fs::remove(ref(reference), ec);
  const fs::path file = this->manifest(reference);
  fs::remove(file, ec);
  if (ec)
    throw_environment(fmt::format("cannot remove {}: {}", file.string(), ec.message()),
                      "check the permissions");
  remove_if_empty(file.parent_path(), root_ / "manifests");
  std::set<std::string> kept;  // of other references to the same commit
  bool shared = false;
  for (const StoredManifest& other : manifests()) {
    if (snapshot(other.manifest.reference, other.manifest.commit) != snapshot(reference, manifest.commit))
      continue;
    shared = true;
    for (const ManifestFile& its : other.manifest.files) kept.insert(its.path);
  }
  const fs::path folder = snapshot(reference, manifest.commit);
  for (const ManifestFile& own : manifest.files)
    if (!kept.contains(own.path)) fs::remove(folder / own.path, ec);
  if (shared) return;
  fs::remove_all(folder, ec);
  for (const char* name : {"snapshots", "refs"}) remove_if_empty(repository(reference) / name, root_);
}

void Store::touch(const Reference& reference) const noexcept {
  ::utimensat(AT_FDCWD, manifest(reference).c_str(), nullptr, 0);
}

StoreLock::StoreLock(const Store& store, Kind kind) {
  const fs::path path = store.root() / "lock";
  make_folder(store.root());
  fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  int result = -1;
  if (fd_ >= 0) {
    do result = ::flock(fd_, kind == Kind::kClaim ? LOCK_SH : LOCK_EX);
    while (result != 0 && errno == EINTR);
  }
  if (result == 0) return;
  const int problem = errno;
  if (fd_ >= 0) ::close(fd_);
  throw_environment(fmt::format("cannot lock {}: {}", path.string(), std::strerror(problem)),
                    "check the folder and its permissions");
}

StoreLock::~StoreLock() { ::close(fd_); }

}  // namespace vidbench::blobs
