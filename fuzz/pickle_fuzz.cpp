// Any bytes are a pickle of the few kinds of values that weights are made of, or an Error.
#include <cstdlib>

#include "base/error.h"
#include "nn/pickle.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  try {
    const vidbench::nn::Pickle pickle(bytes, "input");
    if (pickle.size() > size) std::abort();
    for (const auto& storage : pickle.storages())
      if (!storage.key.empty() && (storage.key.data() < bytes.data() ||
                                   storage.key.data() + storage.key.size() > bytes.data() + size))
        std::abort();
  } catch (const vidbench::Error&) {
  }
  return 0;
}
