#include "workers/worker_log.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/error.h"
#include "base/json.h"

namespace vidbench::workers {
namespace {

constexpr int64_t kTailBytes = 8192;

int open_log(const std::filesystem::path& path) {
  if (path.empty()) {
    const int fd = ::memfd_create("vidbench-worker-log", MFD_CLOEXEC);
    if (fd >= 0) ::fcntl(fd, F_SETFL, O_APPEND);
    return fd;
  }
  std::error_code ignored;  // a folder that cannot be made shows when the file is opened
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), ignored);
  return ::open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
}

int64_t size_of(int fd) {
  struct stat info {};
  return ::fstat(fd, &info) == 0 ? info.st_size : 0;
}

// What a worker printed may be anything; what we pass on is printable UTF-8.
std::string printable(std::string text) {
  for (char& c : text)
    if ((static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') || c == 0x7f) c = ' ';
  return Json::parse(document(text, -1)).get<std::string>();
}

}  // namespace

WorkerLog::WorkerLog(const std::filesystem::path& path) : file_(open_log(path)) {
  if (file_.get() < 0)
    throw_environment(
        fmt::format("cannot write the worker's log {}: {}", path.string(), std::strerror(errno)),
        "check the folder's permissions and free space");
  start_ = size_of(file_.get());
}

void WorkerLog::write_line(std::string_view line) {
  const std::string text = fmt::format("{}\n", line);
  [[maybe_unused]] const auto written = ::write(file_.get(), text.data(), text.size());
}

std::string WorkerLog::tail(size_t lines) const {
  const int64_t end = size_of(file_.get());
  const int64_t begin = std::max(start_, end - kTailBytes);
  if (end <= begin) return "";
  std::string text(static_cast<size_t>(end - begin), '\0');
  const ssize_t count = ::pread(file_.get(), text.data(), text.size(), begin);
  text.resize(count < 0 ? 0 : static_cast<size_t>(count));
  while (!text.empty() && text.back() == '\n') text.pop_back();
  size_t from = text.size();
  for (size_t i = 0; i < lines && from != 0 && from != std::string::npos; ++i) {
    const size_t newline = text.rfind('\n', from - 1);
    from = newline == std::string::npos ? 0 : newline;
  }
  if (from != 0 && from < text.size()) text.erase(0, from + 1);
  return printable(text);
}

}  // namespace vidbench::workers
