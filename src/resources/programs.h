// The programs and libraries that runners and metrics need.
#pragma once

#include <string>
#include <vector>

namespace vidbench::resources {

struct Finding {
  std::string name;     // "python", "torch", "bubblewrap"
  std::string purpose;  // "models with runner diffusers"
  bool available = false;
  std::string version;  // "" = not known
  std::string detail;   // where it is, what it sees; why it is not available
  std::string remedy;   // the way to get it; "" when it is there
};

// Looks for each of them, and starts it. Importing torch takes seconds.
[[nodiscard]] std::vector<Finding> find_programs();

// The findings about a Python's packages, from what the probe printed: lines "name version", and of torch
// "cuda" with its devices or the reason. For tests.
[[nodiscard]] std::vector<Finding> read_packages(const std::string& output);

}  // namespace vidbench::resources
