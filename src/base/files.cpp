#include "base/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "base/descriptor.h"
#include "base/error.h"
#include "base/variable.h"

namespace vidbench {
namespace fs = std::filesystem;
namespace {

void write_whole(const fs::path& path, std::string_view content, Durability durability) {
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (file.get() < 0) throw_write(path);
  while (!content.empty()) {
    const ssize_t written = ::write(file.get(), content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw_write(path);
    content.remove_prefix(static_cast<size_t>(written));
  }
  if (durability == Durability::kPowerLoss && ::fsync(file.get()) != 0) throw_write(path);
}

fs::path xdg(const char* variable, const char* fallback) {
  if (const std::string folder = vidbench::variable(variable); !folder.empty())
    return fs::path(folder) / "vidbench";
  const std::string home = vidbench::variable("HOME");
  return fs::path(home.empty() ? "/tmp" : home) / fallback / "vidbench";
}

}  // namespace

void throw_write(const fs::path& path) {
  throw_environment(fmt::format("cannot write {}: {}", path.string(), std::strerror(errno)),
                    "check free space and permissions");
}

std::string read_file(const fs::path& path, size_t limit_bytes) {
  std::error_code ec;
  if (fs::is_directory(path, ec)) throw_input(path.string() + " is a directory, not a file");
  std::ifstream file(path, std::ios::binary);
  if (!file) throw_input(fmt::format("cannot read {}: {}", path.string(), std::strerror(errno)));
  std::string content;
  std::string block(size_t{1} << 16, '\0');
  while (file.read(block.data(), static_cast<std::streamsize>(block.size())) || file.gcount() > 0) {
    content.append(block.data(), static_cast<size_t>(file.gcount()));
    if (content.size() > limit_bytes)
      throw_input(fmt::format("{} is larger than {} bytes", path.string(), limit_bytes));
  }
  if (file.bad()) throw_input(fmt::format("cannot read {} to its end", path.string()));
  return content;
}

void write_file_atomic(const fs::path& path, std::string_view content, Durability durability) {
  std::error_code ec;
  if (path.has_parent_path()) fs::create_directories(path.parent_path(), ec);
  if (ec)
    throw_environment(fmt::format("cannot create {}: {}", path.parent_path().string(), ec.message()),
                      "check the path and its permissions");
  static std::atomic<uint64_t> counter{0};  // threads may write the same path
  const fs::path temporary = fmt::format("{}.{}-{}.tmp", path.string(), ::getpid(), counter++);
  try {
    write_whole(temporary, content, durability);
    if (::rename(temporary.c_str(), path.c_str()) != 0) throw_write(path);
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
  if (durability == Durability::kCrash) return;
  const fs::path parent = path.has_parent_path() ? path.parent_path() : fs::path(".");
  const Descriptor folder(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() >= 0) ::fsync(folder.get());
}

TemporaryFile::TemporaryFile(fs::path path) : path_(std::move(path)) { ::unlink(path_.c_str()); }

TemporaryFile::~TemporaryFile() { ::unlink(path_.c_str()); }

TemporaryDirectory::TemporaryDirectory(std::string_view prefix) {
  std::string pattern = (fs::temp_directory_path() / fmt::format("{}-XXXXXX", prefix)).string();
  if (::mkdtemp(pattern.data()) == nullptr) throw_write(pattern);
  path_ = pattern;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

fs::path data_home() { return xdg("XDG_DATA_HOME", ".local/share"); }
fs::path cache_home() { return xdg("XDG_CACHE_HOME", ".cache"); }

fs::path executable_directory() { return fs::read_symlink("/proc/self/exe").parent_path(); }

fs::path resource_root() {
  const char* home = std::getenv("VIDBENCH_HOME");
  if (home != nullptr && *home != '\0') return home;
  for (fs::path folder = executable_directory(); folder.has_relative_path(); folder = folder.parent_path())
    if (fs::exists(folder / "suites" / "quickstart.yaml")) return folder;
  throw_environment(
      "cannot find vidbench's suites/ and models/ folders above " + executable_directory().string(),
      "set VIDBENCH_HOME to the folder that holds them");
}

}  // namespace vidbench
