// A model's files in the weights store are in use while it runs.
#pragma once

#include <memory>

#include "blobs/lease.h"
#include "registry/registry.h"

namespace vidbench::workers {

// Keeps what the model has in the store from being collected as long as the lease lives; says so when its
// weights are pickled. nullptr when it has nothing there, or the store cannot be written. Call it before the
// files are looked for.
[[nodiscard]] std::unique_ptr<blobs::Lease> hold_files(const registry::Model& model);

}  // namespace vidbench::workers
