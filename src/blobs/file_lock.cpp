#include "blobs/file_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include "base/error.h"

namespace vidbench::blobs {
namespace {

// Whether `path` still names the file behind `fd`: its last holder may have removed it while we waited.
bool is_current(int fd, const std::filesystem::path& path) {
  struct stat held {
  }, named{};
  return ::fstat(fd, &held) == 0 && ::stat(path.c_str(), &named) == 0 && held.st_ino == named.st_ino &&
         held.st_dev == named.st_dev;
}

}  // namespace

FileLock::FileLock(std::filesystem::path path, const std::stop_token& stop,
                   void (*on_wait)(const std::filesystem::path&))
    : path_(std::move(path)) {
  for (bool waited = false; fd_ < 0;) {
    const int fd = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0)
      throw_environment(fmt::format("cannot write {}: {}", path_.string(), std::strerror(errno)),
                        "check the folder and its permissions");
    if (::flock(fd, LOCK_EX | LOCK_NB) == 0 && is_current(fd, path_)) {
      fd_ = fd;
      return;
    }
    ::close(fd);
    if (stop.stop_requested())
      throw Error(ErrorCode::kInterrupted, "interrupted while another vidbench held " + path_.string());
    if (!waited) on_wait(path_);
    waited = true;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
}

FileLock::~FileLock() {
  ::unlink(path_.c_str());
  ::close(fd_);
}

}  // namespace vidbench::blobs
