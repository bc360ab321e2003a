#include "registry/program.h"

#include <fmt/format.h>
#include <unistd.h>

#include "base/files.h"
#include "base/strings.h"
#include "base/variable.h"

namespace vidbench::registry {
namespace fs = std::filesystem;
namespace {

bool is_executable(const fs::path& path) {
  std::error_code ec;
  return fs::is_regular_file(path, ec) && ::access(path.c_str(), X_OK) == 0;
}

ProgramSearch first_executable(const std::vector<fs::path>& candidates) {
  ProgramSearch search;
  for (const fs::path& candidate : candidates) {
    search.places.push_back(candidate.string());
    if (is_executable(candidate)) {
      search.path = candidate;
      break;
    }
  }
  return search;
}

std::vector<fs::path> path_folders() {
  std::vector<fs::path> folders;
  for (const std::string& folder : split(variable("PATH"), ':'))
    if (!folder.empty()) folders.emplace_back(folder);
  return folders;
}

}  // namespace

std::string ProgramSearch::complaint(const std::string& name) const {
  return fmt::format("program '{}' not found; looked for {}", name, join(places, ", "));
}

ProgramSearch find_program(const std::string& name) {
  if (fs::path(name).is_absolute()) return first_executable({name});
  if (name.find('/') != std::string::npos) return first_executable({resource_root() / name});
  std::vector<fs::path> candidates = {executable_directory() / name};
  for (const fs::path& folder : path_folders()) candidates.push_back(folder / name);
  return first_executable(candidates);
}

ProgramSearch find_python() {
  if (const std::string chosen = variable("VIDBENCH_PYTHON"); !chosen.empty()) return find_program(chosen);
  const ProgramSearch own = first_executable({resource_root() / ".venv/bin/python"});
  return own.path ? own : find_program("python3");
}

}  // namespace vidbench::registry
