#include "registry/container_engine.h"

#include <fmt/format.h>

#include "base/hash.h"
#include "base/strings.h"
#include "base/variable.h"
#include "registry/program.h"

namespace vidbench::registry {
namespace {

constexpr const char* kVariable = "VIDBENCH_CONTAINERS";
constexpr const char* kDigest = "sha256:";

bool has_registry(const std::string& name) {
  const std::string first = name.substr(0, name.find('/'));
  return first.size() < name.size() &&
         (first == "localhost" || first.find_first_of(".:") != std::string::npos);
}

bool is_image_name(const std::string& name) {
  constexpr const char* kAllowed = "abcdefghijklmnopqrstuvwxyz0123456789._-/:";
  return has_registry(name) && name.find_first_not_of(kAllowed) == std::string::npos && name[0] != '-' &&
         !name.ends_with('/') && name.find("//") == std::string::npos;
}

}  // namespace

std::optional<ContainerEngine> find_container_engine() {
  const std::string chosen = variable(kVariable);
  for (const std::string& name :
       chosen.empty() ? std::vector<std::string>{"podman", "docker"} : std::vector<std::string>{chosen})
    if (const ProgramSearch search = find_program(name); search.path)
      return ContainerEngine{*search.path,
                             search.path->filename().string().find("docker") != std::string::npos};
  return std::nullopt;
}

std::string engine_complaint() {
  const std::string chosen = variable(kVariable);
  if (!chosen.empty()) return fmt::format("{} ({})", find_program(chosen).complaint(chosen), kVariable);
  return "its image needs podman or docker, and neither is in PATH (install podman)";
}

ImageFault fault_of_image(const std::string& image) {
  const size_t at = image.rfind('@');
  const std::string name = at == std::string::npos ? "" : image.substr(0, at);
  const std::string digest = at == std::string::npos ? image : image.substr(at + 1);
  if (!digest.starts_with(kDigest) || !is_sha256(digest.substr(sizeof "sha256:" - 1)))
    return {
        fmt::format("'{}' does not say which image: a name can mean another one tomorrow", one_line(image)),
        fmt::format("name it by digest: podman image inspect --format '{{{{.RepoDigests}}}}' {}",
                    one_line(at == std::string::npos ? image : name))};
  if (at == std::string::npos) return {};
  if (!is_image_name(name))
    return {fmt::format("'{}' is not the name of an image", one_line(name)),
            "registry/owner/name@sha256:…, as docker.io/library/python@sha256:…"};
  if (name.find(':', name.rfind('/')) != std::string::npos)
    return {fmt::format("'{}' has a tag beside the digest", one_line(name)), "the digest says it all"};
  return {};
}

std::string image_digest(const std::string& image) {
  return image.substr(is_local_image(image) ? 0 : image.rfind('@') + 1);
}

bool is_local_image(const std::string& image) { return image.find('@') == std::string::npos; }

}  // namespace vidbench::registry
