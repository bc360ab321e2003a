// Any bytes are a header that fits its file, or an Error.
#include <cstdlib>

#include "base/error.h"
#include "media/npy.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    const vidbench::media::NpyHeader header = vidbench::media::parse_npy_header({data, size}, "input");
    if (header.data_offset > size || header.item_bytes() == 0) std::abort();
    (void)header.data_bytes();
  } catch (const vidbench::Error&) {
  }
  return 0;
}
