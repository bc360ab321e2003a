// Other places that have blobs and manifests: `vidbench store serve`, or any web server or bucket with the
// same files.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "blobs/reference.h"
#include "blobs/store.h"

namespace vidbench::blobs {

struct Mirror {
  std::string base;     // without a slash at its end
  bool failed = false;  // not long ago
  [[nodiscard]] std::string blob(const std::string& sha256) const { return base + "/blobs/sha256-" + sha256; }
  [[nodiscard]] std::string manifest(const Reference& reference) const;
};

// A list in the user's order. Which of them failed in the last minutes is kept in the store, for all
// processes. A health file that cannot be read or written costs time and nothing else.
class Mirrors {
 public:
  // Throws Error(kInput) for what is no http or https address.
  Mirrors(const Store& store, const std::vector<std::string>& bases);

  [[nodiscard]] std::vector<Mirror> list() const;
  void note(const Mirror& mirror, bool failed) const;

 private:
  [[nodiscard]] std::filesystem::path file() const { return folder_ / "mirrors.json"; }
  std::filesystem::path folder_;
  std::vector<std::string> bases_;
};

}  // namespace vidbench::blobs
