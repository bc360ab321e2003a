// Any text is a manifest whose names stay below their folders and that reads back as it is, or an Error.
#include <cstdlib>
#include <string>

#include "base/error.h"
#include "blobs/manifest.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace vidbench::blobs;
  try {
    const Manifest manifest = parse_manifest({reinterpret_cast<const char*>(data), size}, "input");
    if (!is_safe_path(manifest.reference.key())) std::abort();
    for (const ManifestFile& file : manifest.files)
      if (!is_safe_path(file.path) || !is_hex(file.sha256, 64)) std::abort();
    const vidbench::Json json = to_json(manifest);
    if (to_json(parse_manifest(vidbench::document(json), "again")) != json) std::abort();
  } catch (const vidbench::Error&) {
  }
  return 0;
}
