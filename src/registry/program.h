// Where the programs that vidbench starts are found.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace vidbench::registry {

// The result of a search: `path` is empty when no place has an executable file of that name.
struct ProgramSearch {
  std::optional<std::filesystem::path> path;
  std::vector<std::string> places;  // everything that was looked at, for the error
  // "program 'x' not found; looked in a, b, c"
  [[nodiscard]] std::string complaint(const std::string& name) const;
};

// An absolute path stands for itself; a bare name is looked up beside the running executable, then in $PATH;
// a relative path with a slash below the resource root.
[[nodiscard]] ProgramSearch find_program(const std::string& name);

// The Python interpreter of the diffusers worker: $VIDBENCH_PYTHON, else <resource_root>/.venv/bin/python,
// else python3.
[[nodiscard]] ProgramSearch find_python();

}  // namespace vidbench::registry
