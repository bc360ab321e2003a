// Any text is a listing whose every chosen file stays below its folder, or an Error.
#include <cstdlib>
#include <string>

#include "base/error.h"
#include "blobs/choose_files.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace vidbench::blobs;
  const std::string text(reinterpret_cast<const char*>(data), size);
  try {
    const HubListing listing = parse_hub_listing(text, "input");
    for (const char* variant : {"", "fp16"})
      for (const HubFile& file :
           choose_files(listing, {"h", "a/b", "main", "", variant}, {"vae", "transformer"}))
        if (!is_safe_path(file.path) || (file.sha256.empty() && file.git_sha1.empty())) std::abort();
    (void)choose_files(listing, {"h", "a/b"}, {});
  } catch (const vidbench::Error&) {
  }
  try {
    for (const std::string& component : read_components(text, "input"))
      if (!is_safe_path(component)) std::abort();
  } catch (const vidbench::Error&) {
  }
  return 0;
}
