#include "base/memory.h"

#include <sys/resource.h>

#include <fstream>
#include <string>

namespace vidbench {

// getrusage counts what the process was before exec, too: the size of its parent.
uint64_t peak_resident_bytes() {
  std::ifstream status("/proc/self/status");
  std::string name;
  for (uint64_t kilobytes = 0; status >> name; status.ignore(4096, '\n'))
    if (name == "VmHWM:" && status >> kilobytes) return kilobytes * 1024;
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<uint64_t>(usage.ru_maxrss) * 1024;
}

}  // namespace vidbench
