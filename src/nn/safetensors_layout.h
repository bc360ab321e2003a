// Where the tensors of a safetensors file lie (github.com/huggingface/safetensors): an 8-byte little-endian
// header length, a JSON header {name: {dtype, shape, data_offsets}}, then the raw little-endian data. Without
// libtorch, so that it is fuzzed and sanitised.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace vidbench::nn {

struct StoredTensor {
  std::string_view type;  // "F32", "F16", "BF16" or "I64"
  std::vector<int64_t> shape;
  std::string_view bytes;  // of the file: as many as type and shape need
};

struct SafetensorsLayout {
  std::map<std::string, StoredTensor> tensors;
  std::map<std::string, std::string> metadata;  // the header's "__metadata__"
};

// Of a whole file, whose bytes must outlive it; `origin` names the file in errors. Memory is that of the
// header. Throws Error(kInput) that names the file and the key for a truncated or oversized header, an
// unknown type, a shape that does not fit its bytes, and data that lie outside the file, overlap or leave
// holes.
[[nodiscard]] SafetensorsLayout read_safetensors_layout(std::string_view content, const std::string& origin);

}  // namespace vidbench::nn
