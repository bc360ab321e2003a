#include "registry/hub_files.h"

#include "base/strings.h"
#include "registry/command_template.h"

namespace vidbench::registry {
namespace {

std::string text(const Json& settings, const char* key) {
  const auto found = settings.find(key);
  return found != settings.end() && found->is_string() ? found->get<std::string>() : "";
}

}  // namespace

blobs::Reference hub_reference(const std::string& location) {
  const std::vector<std::string> parts = split(location.substr(3), '/');
  blobs::Reference reference{blobs::hub_host(), parts[0] + "/" + parts[1]};
  reference.path = join(std::span(parts).subspan(2), "/");
  return reference;
}

std::vector<blobs::Reference> hub_references(const Deployment& deployment) {
  std::vector<blobs::Reference> references;
  if (deployment.runner == "command") {
    for (const auto& [name, location] : read_command_template(deployment).weights)
      if (location.starts_with("hf:")) references.push_back(hub_reference(location));
  }
  const Json& settings = deployment.settings;
  const std::string repository = text(settings, "repo");
  if (deployment.runner != "diffusers" || settings.contains("path") || !blobs::is_repository(repository))
    return references;
  blobs::Reference reference{blobs::hub_host(), repository};
  if (const std::string revision = text(settings, "revision"); !revision.empty())
    reference.revision = revision;
  reference.variant = text(settings, "variant");
  references.push_back(std::move(reference));
  return references;
}

Json local_settings(const Deployment& deployment) {
  Json settings = deployment.settings;
  if (deployment.runner != "diffusers") return settings;
  for (const blobs::Reference& reference : hub_references(deployment)) {
    const auto folder = blobs::Store::open_default().find(reference);
    if (!folder) continue;
    settings.erase("repo");
    settings.erase("revision");
    settings["path"] = folder->string();
  }
  return settings;
}

}  // namespace vidbench::registry
