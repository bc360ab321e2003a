// Reads and writes the safetensors format (nn/safetensors_layout.h).
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <map>
#include <string>

namespace vidbench::nn {

struct TensorFile {
  std::map<std::string, at::Tensor> tensors;    // contiguous, on the CPU
  std::map<std::string, std::string> metadata;  // the header's "__metadata__"
};

// F32, F16, BF16 and I64 tensors, in the file's own type. Throws Error(kInput) that names the file and the
// key for a truncated or oversized header, an unknown type, a shape that does not fit its bytes, and data
// that lie outside the file, overlap or leave holes.
[[nodiscard]] TensorFile load_safetensors(const std::filesystem::path& path);

// Atomic; tensors are written in name order. Throws Error(kInput) for a type the format or this reader lacks.
void save_safetensors(const std::filesystem::path& path, const TensorFile& file);

// The tensor of that name in float32; throws Error(kInput) naming `path` and the key when it is absent.
[[nodiscard]] at::Tensor require_float(const TensorFile& file, const std::string& name,
                                       const std::filesystem::path& path);

}  // namespace vidbench::nn
