#include "registry/registry.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/error.h"
#include "base/file_index.h"
#include "base/files.h"
#include "base/strings.h"
#include "base/variable.h"
#include "registry/catalogue_file.h"
#include "registry/git_checkout.h"
#include "registry/missing.h"

namespace vidbench::registry {
namespace fs = std::filesystem;
namespace {

constexpr int kIndexFormat = 3;  // of the models' JSON

// Sorted, so that the order of models does not depend on the file system.
std::vector<fs::path> yaml_files_below(const fs::path& folder) {
  std::error_code ec;
  if (!fs::is_directory(folder, ec))
    throw_input(
        fmt::format("catalogue folder {} is not there", folder.string()),
        "vidbench catalogues list shows those of your own, vidbench catalogues update fetches those in "
        "Git; else check VIDBENCH_HOME");
  std::vector<fs::path> files;
  const fs::recursive_directory_iterator end;
  auto entry = fs::recursive_directory_iterator(folder, ec);
  for (; !ec && entry != end; entry.increment(ec)) {
    std::error_code gone;
    // Hidden folders hold no catalogue: a branch in .git may be called x.yaml.
    if (entry->path().filename().string().starts_with('.'))
      entry.disable_recursion_pending();
    else if (entry->is_regular_file(gone) && entry->path().extension() == ".yaml")
      files.push_back(entry->path());
  }
  if (ec) throw_input(fmt::format("cannot read catalogue folder {}: {}", folder.string(), ec.message()));
  std::sort(files.begin(), files.end());
  return files;
}

[[noreturn]] void refuse_twin(const Model& model, const std::string& known_origin) {
  throw_input(fmt::format("{}: model '{}' is already defined in {}", model.origin, model.id, known_origin),
              "give one of them another id");
}

std::vector<Model> load_files(const std::vector<fs::path>& files, const fs::path& root) {
  std::vector<Model> models;
  std::map<std::string, std::string> origins;
  for (const fs::path& file : files)
    for (Model& model : load_catalogue_file(file, root)) {
      const auto [known, added] = origins.emplace(model.id, model.origin);
      if (!added) refuse_twin(model, known->second);
      models.push_back(std::move(model));
    }
  return models;
}

// The models in the order of the files, without what is missing here.
std::optional<std::vector<Model>> read_index(const FileIndex& index) {
  const auto content = index.load();
  if (!content) return {};
  try {
    std::vector<Model> models;
    for (const Json& model : *content) models.push_back(model_from_json(model));
    return models;
  } catch (const Json::exception&) {
    return {};
  }
}

}  // namespace

Registry Registry::load(const std::vector<fs::path>& folders) {
  const fs::path root = fs::absolute(resource_root());
  std::vector<fs::path> files;
  for (const fs::path& folder : folders)
    for (fs::path& file : yaml_files_below(fs::absolute(folder))) files.push_back(std::move(file));
  const FileIndex index("catalogue", kIndexFormat, root, files);
  Registry registry;
  if (auto known = read_index(index)) {
    registry.models_ = std::move(*known);
  } else {
    registry.models_ = load_files(files, root);
    Json content = Json::array();
    for (const Model& model : registry.models_) content.push_back(to_json(model));
    index.save(content);
  }
  registry.name_commits(folders, root);
  const Machine machine;
  for (Model& model : registry.models_) model.missing = machine.missing(model);
  return registry;
}

fs::path own_catalogue() { return data_home() / "catalogue"; }

void Registry::name_commits(const std::vector<fs::path>& folders, const fs::path& root) {
  std::vector<std::pair<std::string, std::string>> commits;  // of folders
  for (const fs::path& folder : folders) {
    const fs::path absolute = fs::absolute(folder);
    std::string beginning = absolute.string();
    if (!beginning.ends_with('/')) beginning += '/';
    if (absolute.lexically_relative(root).string().starts_with(".."))
      if (const std::string commit = commit_above(absolute); !commit.empty())
        commits.emplace_back(beginning, commit.substr(0, 12));
  }
  for (Model& model : models_)
    for (const auto& [folder, commit] : commits)
      if (model.origin.starts_with(folder)) {
        model.origin += fmt::format(" (git {})", commit);
        break;
      }
}

Registry Registry::load_default() {
  std::vector<fs::path> folders = {resource_root() / "catalogue"};
  std::error_code ec;
  if (fs::is_directory(own_catalogue(), ec)) folders.push_back(own_catalogue());
  for (const std::string& folder : split(variable("VIDBENCH_CATALOGUE"), ':'))
    if (!folder.empty()) folders.emplace_back(folder);
  return load(folders);
}

std::vector<Model> Registry::check_file(const fs::path& file) const {
  std::vector<Model> entries = load_files({fs::absolute(file)}, fs::absolute(resource_root()));
  const Machine machine;
  for (Model& entry : entries) {
    for (const Model& known : models_)
      if (known.id == entry.id && known.origin != entry.origin &&
          !known.origin.starts_with(entry.origin + " (git "))  // the same place, see name_commits
        refuse_twin(entry, known.origin);
    entry.missing = machine.missing(entry);
  }
  return entries;
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
