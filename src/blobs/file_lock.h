// One process at a time: an advisory lock that ends with the process that holds it.
#pragma once

#include <filesystem>
#include <stop_token>

namespace vidbench::blobs {

// Holds `path` (made when it is not there, removed at the end). Waits while another process holds it, and
// calls `on_wait` once before it does. Throws Error(kEnvironment) when the folder cannot be written,
// Error(kInterrupted) after a stop request.
class FileLock {
 public:
  FileLock(std::filesystem::path path, const std::stop_token& stop,
           void (*on_wait)(const std::filesystem::path&));
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  std::filesystem::path path_;
  int fd_ = -1;
};

}  // namespace vidbench::blobs
