// The file that a worker's stderr goes to.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "workers/child_process.h"

namespace vidbench::workers {

// Appends to a file (an anonymous one in memory when no path is given), which the worker writes by itself:
// nothing is lost when vidbench is killed, and a talkative worker never waits for us.
class WorkerLog {
 public:
  // Throws Error(kEnvironment) when the file cannot be opened.
  explicit WorkerLog(const std::filesystem::path& path);
  [[nodiscard]] int fd() const { return file_.get(); }
  void write_line(std::string_view line);
  // The last lines (at most `lines`, at most 8 KiB) written since this object was made; invalid UTF-8 and
  // control characters are replaced.
  [[nodiscard]] std::string tail(size_t lines = 20) const;

 private:
  Descriptor file_;
  int64_t start_ = 0;  // bytes that stood in the file before
};

}  // namespace vidbench::workers
