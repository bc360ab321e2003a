#include "base/descriptor.h"

#include <unistd.h>

namespace vidbench {

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  reset();
  fd_ = std::exchange(other.fd_, -1);
  return *this;
}

void Descriptor::reset() noexcept {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

}  // namespace vidbench
