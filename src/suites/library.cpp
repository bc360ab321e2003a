#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/files.h"
#include "base/strings.h"
#include "suites/suite.h"

namespace vidbench::suites {
namespace fs = std::filesystem;
namespace {

bool is_yaml(const fs::path& path) { return path.extension() == ".yaml" || path.extension() == ".yml"; }

// Suite files in <resource_root>/suites, sorted by name.
std::vector<fs::path> suite_files() {
  std::vector<fs::path> files;
  const fs::path folder = resource_root() / "suites";
  std::error_code ec;
  for (const auto& entry : fs::directory_iterator(folder, ec))
    if (is_yaml(entry.path())) files.push_back(entry.path());
  if (ec) throw_environment(fmt::format("cannot list {}: {}", folder.string(), ec.message()));
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

Suite find_suite(std::string_view name_or_path) {
  const fs::path path(name_or_path);
  if (path.has_parent_path() || is_yaml(path)) return load_suite(path);
  std::vector<std::string> names;
  for (const fs::path& file : suite_files()) {
    if (file.stem() == path) return load_suite(file);
    names.push_back(file.stem().string());
  }
  throw_input(fmt::format("no suite is named '{}'", name_or_path),
              suggestion(name_or_path, names) + " (or a path that ends in .yaml)");
}

std::vector<SuiteSummary> list_suites() {
  std::vector<SuiteSummary> suites;
  for (const fs::path& file : suite_files()) {
    const Suite suite = load_suite(file);
    suites.push_back({suite.id, suite.version, suite.title, suite.prompts.size(), file});
  }
  std::sort(suites.begin(), suites.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  return suites;
}

}  // namespace vidbench::suites
