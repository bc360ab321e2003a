#include "bundle/staging.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"
#include "base/files.h"
#include "engine/run.h"

namespace vidbench::bundle {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kPrefix = ".import-";

// A folder that has no lock file yet may be another process's newest.
void remove_abandoned(const fs::path& runs_directory) {
  std::error_code ec;
  for (const auto& entry : fs::directory_iterator(runs_directory, ec)) {
    if (!entry.path().filename().string().starts_with(kPrefix)) continue;
    std::error_code ignored;
    if (fs::exists(entry.path() / "lock", ignored) && !engine::run_is_active(entry.path()))
      fs::remove_all(entry.path(), ignored);
  }
}

}  // namespace

Staging::Staging(const fs::path& runs_directory) {
  std::error_code ec;
  fs::create_directories(runs_directory, ec);
  remove_abandoned(runs_directory);
  std::string pattern = (runs_directory / fmt::format("{}XXXXXX", kPrefix)).string();
  if (::mkdtemp(pattern.data()) == nullptr) throw_write(pattern);
  path_ = pattern;
  ::chmod(path_.c_str(), 0755);  // mkdtemp's 0700 would hide the run from whom the other runs are open to
  lock_ = ::open((path_ / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (lock_ < 0 || ::flock(lock_, LOCK_EX | LOCK_NB) != 0) throw_write(path_ / "lock");
}

Staging::~Staging() {
  if (!published_) withdraw();
  if (lock_ >= 0) ::close(lock_);
}

void Staging::publish(const fs::path& target) {
  if (::rename(path_.c_str(), target.c_str()) != 0) throw_write(target);
  path_ = target;
  published_ = true;
}

void Staging::withdraw() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
  published_ = false;
}

}  // namespace vidbench::bundle
