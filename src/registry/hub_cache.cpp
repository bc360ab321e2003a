#include "registry/hub_cache.h"

#include <algorithm>
#include <fstream>
#include <vector>

#include "base/variable.h"

namespace vidbench::registry {
namespace fs = std::filesystem;
fs::path hub_cache() {
  if (const std::string cache = variable("HF_HUB_CACHE"); !cache.empty()) return cache;
  if (const std::string home = variable("HF_HOME"); !home.empty()) return fs::path(home) / "hub";
  const std::string xdg = variable("XDG_CACHE_HOME");
  const fs::path base = xdg.empty() ? fs::path(variable("HOME")) / ".cache" : fs::path(xdg);
  return base / "huggingface/hub";
}

std::optional<fs::path> hub_snapshot(const fs::path& cache, const std::string& repository) {
  std::string name = "models--";
  for (const char c : repository) c == '/' ? name += "--" : name += c;
  const fs::path folder = cache / name;
  std::error_code ec;
  std::string commit;
  std::ifstream(folder / "refs/main") >> commit;
  if (!commit.empty() && commit.find('/') == std::string::npos &&
      fs::is_directory(folder / "snapshots" / commit, ec))
    return folder / "snapshots" / commit;
  std::vector<fs::path> snapshots;
  for (const auto& entry : fs::directory_iterator(folder / "snapshots", ec))
    snapshots.push_back(entry.path());
  if (snapshots.empty()) return std::nullopt;
  return *std::min_element(snapshots.begin(), snapshots.end());
}

}  // namespace vidbench::registry
