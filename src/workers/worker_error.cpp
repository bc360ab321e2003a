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

std::string one_line(std::string_view text) {
  constexpr size_t kLimit = 500;
  std::string line(text.substr(0, kLimit));
  // A character cut in two at the end would make the line invalid UTF-8.
  while (text.size() > kLimit && !line.empty() &&
         (static_cast<unsigned char>(text[line.size()]) & 0xc0) == 0x80)
    line.pop_back();
  for (char& c : line)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  return trim(line);
}

}  // namespace vidbench::workers
