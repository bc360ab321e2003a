// Starts a program to learn something from what it prints.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace vidbench::workers {

struct Answer {
  bool ok = false;     // it ended with 0 in time
  std::string output;  // stdout and stderr, at most 64 KiB
  std::string end;     // "ended with exit code 1", "did not end in 20 s"
};

// argv[0] is an absolute path. Never throws for what the program does; it is killed after `timeout_s`.
[[nodiscard]] Answer ask(const std::vector<std::string>& argv, double timeout_s,
                         const std::vector<std::pair<std::string, std::string>>& environment = {});

}  // namespace vidbench::workers
