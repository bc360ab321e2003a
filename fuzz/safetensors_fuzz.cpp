// Any bytes are tensors that lie in the file and fit their shapes, or an Error.
#include <cstdlib>

#include "base/error.h"
#include "nn/safetensors_layout.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view content(reinterpret_cast<const char*>(data), size);
  try {
    size_t total = 0;
    for (const auto& [name, tensor] : vidbench::nn::read_safetensors_layout(content, "input").tensors) {
      if (tensor.bytes.data() < content.data() ||
          tensor.bytes.data() + tensor.bytes.size() > content.data() + size)
        std::abort();
      uint64_t elements = 1;
      for (const int64_t extent : tensor.shape) elements *= static_cast<uint64_t>(extent);
      if (tensor.bytes.size() % (elements == 0 ? 1 : elements) != 0) std::abort();
      total += tensor.bytes.size();
    }
    if (total > size) std::abort();
  } catch (const vidbench::Error&) {
  }
  return 0;
}
