#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/hash.h"
#include "providers/library.h"
#include "registry/command_places.h"
#include "registry/environment.h"
#include "registry/git_checkout.h"
#include "registry/hub_files.h"
#include "registry/registry.h"
#include "registry/weight_sources.h"

namespace vidbench::registry {
namespace fs = std::filesystem;
namespace {

// A file's sha256, or for a folder that of the sorted list of its files' names and digests.
std::string path_digest(const fs::path& path) {
  if (!fs::is_directory(path)) return sha256_file(path);
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(path))
    if (entry.is_regular_file()) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::string listing;
  for (const fs::path& file : files)
    listing += fmt::format("{} {}\n", sha256_file(file), file.lexically_relative(path).string());
  return sha256_hex(listing);
}

// What a command's entry does not tell: the code that is checked out, and weights that are no download.
std::string command_content(const Deployment& deployment) {
  const CommandPlaces places = find_places(deployment);
  std::string content = checkout_commit(places.checkout) + "\n";
  for (const auto& [name, location] : read_command_template(deployment).weights)
    if (!location.starts_with("hf:")) content += path_digest(places.weights.at(name)) + "\n";
  return content;
}

// The packages that compute it, where we know them.
std::string environment_content(const Deployment& deployment) {
  const std::string name = find_environment(deployment).content_name();
  return name.empty() ? "" : name + "\n";
}

}  // namespace

std::string content_digest(const Model& model) {
  std::string content = model.digest + "\n" + environment_content(model.deployment);
  for (const WeightFile& file : model.deployment.weights)
    if (file.sha256.empty()) content += path_digest(file.path) + "\n";
  const auto references = hub_commits(model.deployment);
  if (!references)
    throw_environment(fmt::format("model {}: the weights that it names are not on this machine", model.id),
                      fmt::format("vidbench models pull {}", model.id));
  for (const auto& reference : *references) content += reference.text() + "\n";
  if (model.deployment.runner == "http")
    content += providers::find_provider(model.deployment.settings["provider"]).digest + "\n";
  if (model.deployment.runner == "command") content += command_content(model.deployment);
  Json settings = model.deployment.settings;
  for (const Json* source : weight_sources(settings))
    if (source->contains("path") && source->at("path").is_string())
      content += path_digest(source->at("path").get<std::string>()) + "\n";
  return sha256_hex(content);
}

void verify_weights(const Model& model) {
  for (const WeightFile& file : model.deployment.weights) {
    if (file.sha256.empty()) continue;
    std::error_code ec;
    if (!fs::is_regular_file(file.path, ec))
      throw_environment(fmt::format("model {}: weights {} are not there", model.id, file.path.string()));
    const std::string found = sha256_file(file.path);
    if (found != file.sha256)
      throw_environment(fmt::format("model {}: {} has sha256 {}, but {} pins {}", model.id,
                                    file.path.string(), found, model.origin, file.sha256),
                        "restore the file, or change the pin if the weights were meant to change");
  }
}

}  // namespace vidbench::registry
