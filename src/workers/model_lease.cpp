#include "workers/model_lease.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/log.h"
#include "base/strings.h"
#include "registry/hub_files.h"

namespace vidbench::workers {

std::unique_ptr<blobs::Lease> hold_files(const registry::Model& model) {
  const blobs::Store store = blobs::Store::open_default();
  std::unique_ptr<blobs::Lease> lease;
  for (const blobs::Reference& reference : registry::hub_references(model.deployment)) {
    if (!store.find(reference)) continue;
    const auto manifest = store.read_manifest(reference);
    if (!manifest) continue;
    if (const auto pickled = manifest->pickled(); !pickled.empty())
      log_warning(fmt::format("model {}: its process loads pickled weights, which can run code: {}", model.id,
                              join(pickled, ", ")));
    try {
      if (!lease) lease = std::make_unique<blobs::Lease>(store);
      lease->claim(*manifest);
    } catch (const Error& e) {  // a store for reading only
      log_warning(fmt::format("model {}: its weights are not protected from being collected: {}", model.id,
                              e.what()));
      return nullptr;
    }
  }
  return lease;
}

}  // namespace vidbench::workers
