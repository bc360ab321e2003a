#include "registry/registry.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <map>

#include "base/error.h"
#include "base/files.h"
#include "base/strings.h"
#include "registry/catalogue_file.h"
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

}  // namespace

Registry Registry::load(const std::vector<fs::path>& folders) {
  const fs::path root = fs::absolute(resource_root());
  Registry registry;
  std::map<std::string, std::string> origins;
  for (const fs::path& folder : folders)
    for (const fs::path& file : yaml_files_below(fs::absolute(folder)))
      for (Model& model : load_catalogue_file(file, root)) {
        const auto [known, added] = origins.emplace(model.id, model.origin);
        if (!added)
          throw_input(
              fmt::format("{}: model '{}' is already defined in {}", model.origin, model.id, known->second),
              "give one of them another id");
        model.missing = find_missing(model);
        registry.models_.push_back(std::move(model));
      }
  return registry;
}

Registry Registry::load_default() {
  std::vector<fs::path> folders = {resource_root() / "catalogue"};
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

Json to_json(const GenerationDefaults& defaults) {
  Json json = Json::object();
  const auto add = [&json](const char* key, const auto& value) {
    if (value) json[key] = *value;
  };
  add("frames", defaults.frames);
  add("width", defaults.width);
  add("height", defaults.height);
  add("fps", defaults.fps);
  add("steps", defaults.steps);
  add("guidance", defaults.guidance);
  return json;
}

Json to_json(const Model& model) {
  const Deployment& deployment = model.deployment;
  Json weights = Json::array();
  for (const WeightFile& file : deployment.weights)
    weights.push_back(
        {{"path", file.path.string()}, {"sha256", file.sha256.empty() ? Json(nullptr) : Json(file.sha256)}});
  return {{"id", model.id},
          {"title", model.title},
          {"family", model.family},
          {"task", model.task},
          {"description", model.description},
          {"licence", model.licence},
          {"source", model.source},
          {"runner", deployment.runner},
          {"command", deployment.command},
          {"settings", deployment.settings},
          {"dtype", deployment.dtype},
          {"device", deployment.device},
          {"defaults", to_json(deployment.defaults)},
          {"weights", weights},
          {"max_batch", deployment.max_batch},
          {"timeouts",
           {{"start_s", deployment.start_timeout_s},
            {"sample_s", deployment.sample_timeout_s},
            {"stall_s", deployment.stall_timeout_s}}},
          {"runnable", model.runnable()},
          {"missing", model.missing},
          {"origin", model.origin},
          {"digest", model.digest}};
}

}  // namespace vidbench::registry
