#include "registry/hub_files.h"

#include <algorithm>

#include "base/json.h"
#include "base/strings.h"
#include "registry/command_template.h"
#include "registry/weight_sources.h"

namespace vidbench::registry {
namespace {

// Of a mapping of the diffusers runner's settings (weight_sources.h); nullopt when it names no repository.
std::optional<blobs::Reference> reference_of(const Json& source) {
  const std::string repository = text_or_empty(source, "repo");
  if (source.contains("path") || !blobs::is_repository(repository)) return std::nullopt;
  blobs::Reference reference{blobs::hub_host(), repository};
  if (const std::string revision = text_or_empty(source, "revision"); !revision.empty())
    reference.revision = revision;
  reference.variant = text_or_empty(source, "variant");
  const std::string folder = text_or_empty(source, "subfolder"), file = text_or_empty(source, "file");
  reference.path = folder.empty() || file.empty() ? folder + file : folder + "/" + file;
  return reference;
}

}  // namespace

std::vector<blobs::Reference> hub_references(const Deployment& deployment) {
  std::vector<blobs::Reference> references;
  if (deployment.runner == "command") {
    for (const auto& [name, location] : read_command_template(deployment).weights)
      if (location.starts_with("hf:")) references.push_back(hub_reference(location));
  }
  if (deployment.runner != "diffusers") return references;
  Json settings = deployment.settings;
  for (const Json* source : weight_sources(settings)) {
    auto reference = reference_of(*source);
    const auto same = [&](const auto& other) { return other.key() == reference->key(); };
    if (reference && std::none_of(references.begin(), references.end(), same))
      references.push_back(std::move(*reference));
  }
  return references;
}

std::optional<std::vector<blobs::Reference>> hub_commits(const Deployment& deployment) {
  std::vector<blobs::Reference> references = hub_references(deployment);
  if (references.empty()) return references;
  const blobs::Store store = blobs::Store::open_default();
  for (blobs::Reference& reference : references) {
    if (blobs::is_commit(reference.revision)) continue;
    const auto found = blobs::find_files(store, blobs::hub_cache(), reference);
    if (!found) return std::nullopt;
    reference.revision = found->commit;
  }
  return references;
}

Json local_settings(const Deployment& deployment) {
  Json settings = deployment.settings;
  if (deployment.runner != "diffusers") return settings;
  const blobs::Store store = blobs::Store::open_default();
  for (Json* source : weight_sources(settings)) {
    const auto reference = reference_of(*source);
    const auto folder = reference ? store.find(*reference) : std::nullopt;
    if (!folder) continue;
    source->erase("repo");
    source->erase("revision");
    (*source)["path"] = folder->string();
  }
  return settings;
}

}  // namespace vidbench::registry
