// Where configuration files lie.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace vidbench::config {

enum class Layer { kBuiltIn, kSystem, kUser, kProject, kEnvironment };

// "built-in", "system", "user", "project", "environment"
[[nodiscard]] std::string to_string(Layer layer);

// The files that are read where they are there, the one that counts least first. "" = none.
struct Places {
  std::filesystem::path system, user, project;
};

// /etc/vidbench/config.yaml; vidbench/config.yaml in $XDG_CONFIG_HOME (else ~/.config); the vidbench.yaml of
// the current folder or of the nearest one above it that has one, or what $VIDBENCH_CONFIG names. Throws
// Error(kInput) when that is not there, and when a vidbench.yaml belongs to somebody else: it may name
// programs that are started.
[[nodiscard]] Places find_places();

[[nodiscard]] std::filesystem::path user_file();

// $HOME, else "/".
[[nodiscard]] std::filesystem::path home_folder();
// The path with "~" for the home folder, for what is shown and kept.
[[nodiscard]] std::string home_as_tilde(const std::filesystem::path& path);

}  // namespace vidbench::config
