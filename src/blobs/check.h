// Reads every blob again.
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "blobs/store.h"

namespace vidbench::blobs {

struct CheckedBlob {
  enum class State { kSound, kDamaged, kMissing };
  std::string sha256;
  State state = State::kSound;
  uint64_t bytes = 0;                  // as it lies there; of a missing one as a manifest has it
  std::string problem;                 // one line, "" of a sound one
  std::vector<std::string> needed_by;  // references, for people
};

// All blobs, and those that manifests name, sorted by digest; `on_blob` is called before each is read. Throws
// Error(kInput) for a manifest that cannot be understood, Error(kInterrupted) after a stop request.
[[nodiscard]] std::vector<CheckedBlob> check(const Store& store,
                                             const std::function<void(const StoredBlob&)>& on_blob,
                                             const std::stop_token& stop);

}  // namespace vidbench::blobs
