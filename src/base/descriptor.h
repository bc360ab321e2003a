// A file descriptor that is closed with its owner.
#pragma once

#include <utility>

namespace vidbench {

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() { reset(); }
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  void reset() noexcept;
  [[nodiscard]] int get() const { return fd_; }  // -1 when there is none

 private:
  int fd_ = -1;
};

}  // namespace vidbench
