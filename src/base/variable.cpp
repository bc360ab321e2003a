#include "base/variable.h"

#include <cstdlib>

#include "base/files.h"

namespace vidbench {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::filesystem::path cache_directory() {
  const std::string own = variable("VIDBENCH_CACHE");
  return own.empty() ? cache_home() : std::filesystem::path(own);
}

}  // namespace vidbench
