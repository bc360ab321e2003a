// Any text is a manifest of weight files with plain names, or an Error.
#include <cstdlib>
#include <string>

#include "base/error.h"
#include "weights/manifest.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    const auto manifest =
        vidbench::weights::parse_manifest({reinterpret_cast<const char*>(data), size}, "input");
    for (const auto& file : manifest.files)
      if (file.name.empty() || file.name.find('/') != std::string::npos) std::abort();
  } catch (const vidbench::Error&) {
  }
  return 0;
}
