// Any bytes are arrays that fit their shapes and the limit, or an Error.
#include <cstdlib>

#include "base/error.h"
#include "nn/npz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr uint64_t kLimit = 1 << 20;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  (void)vidbench::nn::is_npz(bytes);
  try {
    uint64_t total = 0;
    for (const auto& [name, array] : vidbench::nn::read_npz(bytes, "input", kLimit)) {
      if (array.header.data_offset + array.header.data_bytes() != array.file.size()) std::abort();
      total += array.file.size();
    }
    if (total > kLimit) std::abort();
  } catch (const vidbench::Error&) {
  }
  return 0;
}
