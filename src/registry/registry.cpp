#include "registry/registry.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <map>

#include "base/error.h"
#include "base/files.h"
#include "base/strings.h"
#include "registry/catalogue_file.h"
#include "registry/catalogue_index.h"
#include "registry/missing.h"

namespace vidbench::registry {
namespace fs = std::filesystem;
namespace {

// Sorted, so that the order of models does not depend on the file system.
std::vector<fs::path> yaml_files_below(const fs::path& folder) {
  std::error_code ec;
  if (!fs::is_directory(folder, ec))
    throw_input(fmt::format("catalogue folder {} is not there", folder.string()),
                "check VIDBENCH_CATALOGUE and VIDBENCH_HOME");
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file() && entry.path().extension() == ".yaml") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

std::vector<Model> load_files(const std::vector<fs::path>& files, const fs::path& root) {
  std::vector<Model> models;
  std::map<std::string, std::string> origins;
  for (const fs::path& file : files)
    for (Model& model : load_catalogue_file(file, root)) {
      const auto [known, added] = origins.emplace(model.id, model.origin);
      if (!added)
        throw_input(
            fmt::format("{}: model '{}' is already defined in {}", model.origin, model.id, known->second),
            "give one of them another id");
      models.push_back(std::move(model));
    }
  return models;
}

}  // namespace

Registry Registry::load(const std::vector<fs::path>& folders) {
  const fs::path root = fs::absolute(resource_root());
  std::vector<fs::path> files;
  for (const fs::path& folder : folders)
    for (fs::path& file : yaml_files_below(fs::absolute(folder))) files.push_back(std::move(file));
  const CatalogueIndex index(root, files);
  Registry registry;
  if (auto known = index.load()) {
    registry.models_ = std::move(*known);
  } else {
    registry.models_ = load_files(files, root);
    index.save(registry.models_);
  }
  const Machine machine;
  for (Model& model : registry.models_) model.missing = machine.missing(model);
  return registry;
}

fs::path own_catalogue() { return data_home() / "catalogue"; }

Registry Registry::load_default() {
  std::vector<fs::path> folders = {resource_root() / "catalogue"};
  std::error_code ec;
  if (fs::is_directory(own_catalogue(), ec)) folders.push_back(own_catalogue());
  const char* more = std::getenv("VIDBENCH_CATALOGUE");
  for (const std::string& folder : split(more == nullptr ? "" : more, ':'))
    if (!folder.empty()) folders.emplace_back(folder);
  return load(folders);
}

const Model& Registry::find(const std::string& id) const {
  std::vector<std::string> ids;
  for (const Model& model : models_) {
    if (model.id == id) return model;
    ids.push_back(model.id);
  }
  const std::string near = nearest(id, ids);
  throw_input(fmt::format("no model is named '{}'", id), near.empty()
                                                             ? "`vidbench models list` shows what there is"
                                                             : fmt::format("did you mean '{}'?", near));
}

}  // namespace vidbench::registry
