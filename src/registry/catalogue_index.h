// What the catalogue's files say, kept in one file that is read faster than they are.
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "registry/registry.h"

namespace vidbench::registry {

// Counts while the files are those it was made of, by path, size and times of change, and the program is the
// one that made it. Safe for several processes; a folder that cannot be written costs speed and nothing else.
class CatalogueIndex {
 public:
  // `root` is what relative paths in the files refer to.
  CatalogueIndex(const std::filesystem::path& root, const std::vector<std::filesystem::path>& files);

  // The models in the order of the files, without what is missing here; nullopt when there is no such index.
  [[nodiscard]] std::optional<std::vector<Model>> load() const;
  void save(const std::vector<Model>& models) const;

 private:
  std::filesystem::path file_;
  Json stamp_;
};

}  // namespace vidbench::registry
