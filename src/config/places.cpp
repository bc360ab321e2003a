#include "config/places.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "base/error.h"
#include "base/variable.h"

namespace vidbench::config {
namespace fs = std::filesystem;
namespace {

void refuse_foreign(const fs::path& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0 || status.st_uid == 0 || status.st_uid == ::geteuid()) return;
  throw_input(
      fmt::format("{} belongs to another user (uid {}) and is not read", file.string(), status.st_uid),
      "look at it, then name it in VIDBENCH_CONFIG; VIDBENCH_CONFIG= goes on without it");
}

fs::path project_file() {
  if (const char* chosen = std::getenv("VIDBENCH_CONFIG")) {
    if (*chosen == '\0') return {};
    std::error_code ec;
    if (!fs::is_regular_file(chosen, ec))
      throw_input(fmt::format("VIDBENCH_CONFIG: {} is not a file", chosen));
    return fs::absolute(chosen);
  }
  std::error_code ec;
  fs::path folder = fs::current_path(ec);
  while (!ec && !folder.empty()) {
    const fs::path file = folder / "vidbench.yaml";
    std::error_code absent;
    if (fs::is_regular_file(file, absent)) {
      refuse_foreign(file);
      return file;
    }
    if (folder == folder.root_path()) break;
    folder = folder.parent_path();
  }
  return {};
}

}  // namespace

std::string to_string(Layer layer) {
  switch (layer) {
    case Layer::kBuiltIn:
      return "built-in";
    case Layer::kSystem:
      return "system";
    case Layer::kUser:
      return "user";
    case Layer::kProject:
      return "project";
    case Layer::kEnvironment:
      return "environment";
  }
  return "";
}

fs::path user_file() {
  const std::string xdg = variable("XDG_CONFIG_HOME");
  return (xdg.empty() ? home_folder() / ".config" : fs::path(xdg)) / "vidbench/config.yaml";
}

fs::path home_folder() {
  const std::string home = variable("HOME");
  return home.empty() ? "/" : home;
}

std::string home_as_tilde(const fs::path& path) {
  const fs::path home = home_folder();
  const std::string relative = path.lexically_relative(home).string();
  if (home == "/" || relative.empty() || relative.starts_with("..")) return path.string();
  return relative == "." ? "~" : "~/" + relative;
}

Places find_places() { return {"/etc/vidbench/config.yaml", user_file(), project_file()}; }

}  // namespace vidbench::config
