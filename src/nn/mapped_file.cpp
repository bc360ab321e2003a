#include "nn/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"

namespace vidbench::nn {

MappedFile::MappedFile(const std::filesystem::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat info {};
  const bool is_file = fd >= 0 && ::fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
  const int problem = fd >= 0 && !is_file ? EISDIR : errno;
  if (is_file && info.st_size > 0) {
    size_ = static_cast<size_t>(info.st_size);
    data_ = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, fd, 0);
  }
  const int map_problem = errno;
  if (fd >= 0) ::close(fd);
  if (!is_file) throw_input(path.string() + ": cannot be read: " + std::strerror(problem));
  if (data_ == MAP_FAILED) {
    data_ = nullptr;
    throw_input(path.string() + ": cannot be mapped: " + std::strerror(map_problem));
  }
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(data_, size_);
}

}  // namespace vidbench::nn
