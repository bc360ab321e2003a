// What was read from files, kept in one file that is read faster than they are.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"

namespace vidbench {

// Counts while the files are those it was made of, by path, size and times of change, and the program is the
// one that made it. Safe for several processes; a folder that cannot be written costs speed and nothing else.
class FileIndex {
 public:
  // In the folder `name` of cache_home(). `root` is what relative paths in the files refer to; `format`
  // changes with the form of what is kept.
  FileIndex(const std::string& name, int format, const std::filesystem::path& root,
            const std::vector<std::filesystem::path>& files);

  // What was saved; nullopt when there is no such index.
  [[nodiscard]] std::optional<Json> load() const;
  void save(const Json& content) const;

 private:
  std::filesystem::path file_;
  Json stamp_;
};

}  // namespace vidbench
