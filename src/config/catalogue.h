// Catalogues of one's own: folders, and Git repositories of which a checkout is kept.
#pragma once

#include <yaml-cpp/yaml.h>

#include <filesystem>
#include <string>

#include "base/json.h"

namespace vidbench::config {

struct Catalogue {
  std::string address;             // that the checkout is fetched from; "" = it is used as it lies there
  std::string ref;                 // branch, tag or commit; "" = the repository's own choice
  std::filesystem::path checkout;  // the repository's folder; "" for a plain folder
  std::filesystem::path folder;    // in which the *.yaml lie
};

// Whether this names a repository elsewhere ("https://…", "git@host:path"), not a folder.
[[nodiscard]] bool is_address(const std::string& git);

// {git: ADDRESS or folder, ref: …, folder: …}. Throws Error(kInput) "<origin>:<line>: …".
[[nodiscard]] Json read_checkout(const YAML::Node& node, const std::string& origin);

// An entry of the key `catalogues`. What is fetched from an address lies in `catalogues` in the data folder.
[[nodiscard]] Catalogue catalogue_of(const Json& entry);

}  // namespace vidbench::config
