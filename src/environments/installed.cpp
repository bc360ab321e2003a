#include "environments/installed.h"

#include <fcntl.h>
#include <sys/file.h>

#include <algorithm>
#include <map>

#include "base/descriptor.h"
#include "base/files.h"
#include "base/json.h"
#include "registry/environment.h"
#include "workers/container.h"

namespace vidbench::environments {
namespace fs = std::filesystem;
namespace {

// An environment that a runner works in is locked by it (workers/launch.h).
Descriptor try_to_own(const fs::path& folder) {
  Descriptor file(::open((folder / registry::kEnvironmentFile).c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() >= 0 && ::flock(file.get(), LOCK_EX | LOCK_NB) != 0) return {};
  return file;
}

uint64_t bytes_below(const fs::path& folder) {
  uint64_t bytes = 0;
  std::error_code ec;
  fs::recursive_directory_iterator walk(folder, fs::directory_options::skip_permission_denied, ec), end;
  for (; !ec && walk != end; walk.increment(ec)) {
    std::error_code inner;
    if (walk->is_regular_file(inner) && !walk->is_symlink(inner)) bytes += walk->file_size(inner);
  }
  return bytes;
}

std::map<std::string, std::vector<std::string>> names_in_use(const registry::Registry& registry) {
  std::map<std::string, std::vector<std::string>> models;
  for (const registry::Model& model : registry.models()) {
    if (!model.deployed()) continue;
    const auto environment = registry::find_environment(model.deployment);
    if (!environment.folder.empty()) models[environment.name].push_back(model.id);
  }
  return models;
}

Installed describe(const fs::path& folder) {
  Installed installed;
  installed.name = folder.filename().string();
  installed.bytes = bytes_below(folder);
  std::error_code ec;
  const fs::path file = folder / registry::kEnvironmentFile;
  installed.complete = fs::is_regular_file(file, ec);
  if (!installed.complete) return installed;
  const Json json = Json::parse(read_file(file, 1 << 20), nullptr, false);
  if (json.is_object()) {
    installed.python = json.value("python", "");
    installed.created_at = json.value("created_at", "");
  }
  installed.in_use = try_to_own(folder).get() < 0;
  return installed;
}

}  // namespace

std::vector<Installed> list_installed(const registry::Registry& registry) {
  const auto names = names_in_use(registry);
  std::vector<Installed> all;
  std::error_code ec;
  for (const auto& entry : fs::directory_iterator(registry::environments_folder(), ec)) {
    if (!entry.is_directory()) continue;
    all.push_back(describe(entry.path()));
    if (const auto found = names.find(all.back().name); found != names.end())
      all.back().models = found->second;
  }
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return all;
}

std::vector<Installed> list_images(const registry::Registry& registry) {
  std::map<std::string, Installed> images;
  for (const registry::Model& model : registry.models()) {
    const std::string& name = model.deployment.environment.image;
    if (name.empty()) continue;
    const bool asked = images.contains(name);
    Installed& image = images[name];
    image.name = name;
    image.models.push_back(model.id);
    if (!asked) image.complete = workers::look_up_environment(model.deployment).ready();
  }
  std::vector<Installed> there;
  for (auto& [name, image] : images)
    if (image.complete) there.push_back(std::move(image));
  return there;
}

std::vector<Installed> collect_garbage(const registry::Registry& registry, bool dry_run) {
  std::vector<Installed> removed;
  for (Installed& installed : list_installed(registry)) {
    if (!installed.models.empty() || installed.in_use) continue;
    const fs::path folder = registry::environments_folder() / installed.name;
    // A build that is under way holds the lock file beside the folder.
    Descriptor lock(::open((folder.string() + ".lock").c_str(), O_RDWR | O_CLOEXEC));
    if (lock.get() >= 0 && ::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) continue;
    if (!dry_run) {
      std::error_code ec;
      fs::remove(folder / registry::kEnvironmentFile, ec);  // first: from here on it is incomplete
      fs::remove_all(folder, ec);
      fs::remove(folder.string() + ".log", ec);
    }
    removed.push_back(std::move(installed));
  }
  return removed;
}

}  // namespace vidbench::environments
