// The commit of a Git checkout, read without git.
#pragma once

#include <filesystem>
#include <string>

namespace vidbench::registry {

// The commit that the checkout in this folder is at; "" when it is none. Work trees count.
[[nodiscard]] std::string checkout_commit(const std::filesystem::path& checkout);

// The same for the checkout that the folder lies in.
[[nodiscard]] std::string commit_above(const std::filesystem::path& folder);

}  // namespace vidbench::registry
