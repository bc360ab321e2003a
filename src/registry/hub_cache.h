// The cache folder of huggingface_hub: what of the Hugging Face Hub is downloaded.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace vidbench::registry {

// By huggingface_hub's documented variables.
[[nodiscard]] std::filesystem::path hub_cache();

// The folder of the files of "owner/name": of the branch main where the cache knows it, else of any
// revision; nullopt when nothing is downloaded.
[[nodiscard]] std::optional<std::filesystem::path> hub_snapshot(const std::filesystem::path& cache,
                                                                const std::string& repository);

}  // namespace vidbench::registry
