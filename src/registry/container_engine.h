// The engine that runs containers, and how their images are named.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace vidbench::registry {

struct ContainerEngine {
  std::filesystem::path program;
  bool is_docker = false;  // takes Docker's options where they differ from podman's
};

// $VIDBENCH_CONTAINERS (a name or a path), else podman, else docker; nullopt when it is not there.
[[nodiscard]] std::optional<ContainerEngine> find_container_engine();
// Why there is none, one sentence with the way out.
[[nodiscard]] std::string engine_complaint();

// What is wrong with the name of an image, and the way out; empty for one that names its content:
// "registry/owner/name@sha256:…", or the id "sha256:…" of one that is on this machine only.
struct ImageFault {
  std::string message, hint;
};
[[nodiscard]] ImageFault fault_of_image(const std::string& image);

// "sha256:…" of a name without fault.
[[nodiscard]] std::string image_digest(const std::string& image);
// Whether it has no name by which it could be pulled.
[[nodiscard]] bool is_local_image(const std::string& image);

}  // namespace vidbench::registry
