#include "workers/worker_error.h"

#include <algorithm>
#include <array>

#include "base/strings.h"

namespace vidbench::workers {

std::string known_failure_class(std::string_view name) {
  constexpr std::array<std::string_view, 9> kClasses = {"oom",        "timeout",     "crash",
                                                        "bad-output", "network",     "moderation",
                                                        "licence",    "unsupported", "invalid-request"};
  return std::find(kClasses.begin(), kClasses.end(), name) != kClasses.end() ? std::string(name) : "crash";
}

}  // namespace vidbench::workers
