// What of the store is in use: it is never collected. A lease ends with its process, however that ends.
#pragma once

#include <filesystem>
#include <set>
#include <string>

#include "blobs/store.h"

namespace vidbench::blobs {

// One file in leases/, locked as long as the object lives, with a line for each thing that is claimed. Claim
// first, then look whether the thing is there: what is there afterwards stays. One thread at a time.
class Lease {
 public:
  // Throws Error(kEnvironment) when the store cannot be written.
  explicit Lease(const Store& store);
  ~Lease();
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;

  // A manifest with its folder and all its blobs, whatever its reference leads to later.
  void claim(const Manifest& manifest);
  void claim_blob(const std::string& sha256);

 private:
  void write(const std::string& lines);
  const Store store_;
  std::filesystem::path file_;
  int fd_ = -1;
};

struct InUse {
  std::set<std::string> manifests;  // keys of references
  std::set<std::filesystem::path> snapshots;
  std::set<std::string> blobs;
};

// What living processes claim; leases of dead ones are removed. Call with the StoreLock of kind kCollect.
[[nodiscard]] InUse read_leases(const Store& store);

}  // namespace vidbench::blobs
