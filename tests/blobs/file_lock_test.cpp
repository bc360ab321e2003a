#include "blobs/file_lock.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <thread>

#include "base/error.h"
#include "base/files.h"

namespace vidbench::blobs {
namespace {

TEST(FileLock, IsHeldByOneAndEndsWithItsProcess) {
  const TemporaryDirectory home;
  const std::filesystem::path path = home.path() / "x.lock";
  const pid_t child = ::fork();
  if (child == 0) {
    const FileLock lock(path, {}, [](const std::filesystem::path&) {});
    write_file_atomic(home.path() / "ready", "", Durability::kCrash);
    ::pause();
  }
  while (!std::filesystem::exists(home.path() / "ready")) std::this_thread::yield();
  std::stop_source stop;
  std::jthread waiter(
      [&] { EXPECT_THROW(FileLock(path, stop.get_token(), [](const std::filesystem::path&) {}), Error); });
  stop.request_stop();
  waiter.join();
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  {
    const FileLock lock(path, {}, [](const std::filesystem::path&) {});
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

}  // namespace
}  // namespace vidbench::blobs
