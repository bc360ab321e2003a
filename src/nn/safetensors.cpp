#include "nn/safetensors.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "nn/mapped_file.h"
#include "nn/safetensors_layout.h"

namespace vidbench::nn {
namespace {

struct StoredType {
  const char* name;
  at::ScalarType scalar;
};
constexpr std::array<StoredType, 4> kTypes = {
    {{"F32", at::kFloat}, {"F16", at::kHalf}, {"BF16", at::kBFloat16}, {"I64", at::kLong}}};

at::ScalarType scalar_of(std::string_view name) {
  for (const StoredType& type : kTypes)
    if (name == type.name) return type.scalar;
  throw Error(ErrorCode::kInternal, "a stored type without a scalar type");
}

}  // namespace

TensorFile load_safetensors(const std::filesystem::path& path) {
  const MappedFile mapped(path);
  SafetensorsLayout layout = read_safetensors_layout(mapped.bytes(), path.string());
  TensorFile file{{}, std::move(layout.metadata)};
  for (const auto& [name, stored] : layout.tensors) {
    at::Tensor tensor = at::empty(stored.shape, at::TensorOptions(scalar_of(stored.type)));
    if (!stored.bytes.empty()) std::memcpy(tensor.data_ptr(), stored.bytes.data(), stored.bytes.size());
    file.tensors[name] = std::move(tensor);
  }
  return file;
}

void save_safetensors(const std::filesystem::path& path, const TensorFile& file) {
  Json header = Json::object();
  for (const auto& [key, value] : file.metadata) header["__metadata__"][key] = value;
  std::string data;
  for (const auto& [name, tensor] : file.tensors) {
    const auto type =
        std::find_if(kTypes.begin(), kTypes.end(),
                     [scalar = tensor.scalar_type()](const StoredType& t) { return t.scalar == scalar; });
    if (type == kTypes.end())
      throw_input(path.string() + ": tensor '" + name + "' has a type that cannot be written");
    const at::Tensor plain = tensor.detach().cpu().contiguous();
    const auto begin = data.size();
    if (plain.nbytes() > 0) data.append(static_cast<const char*>(plain.data_ptr()), plain.nbytes());
    header[name] = {
        {"dtype", type->name}, {"shape", plain.sizes().vec()}, {"data_offsets", {begin, data.size()}}};
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');  // the data start aligned
  const uint64_t length = text.size();
  std::string content(reinterpret_cast<const char*>(&length), sizeof length);
  content.append(text).append(data);
  write_file_atomic(path, content);
}

at::Tensor require_float(const TensorFile& file, const std::string& name, const std::filesystem::path& path) {
  const auto found = file.tensors.find(name);
  if (found == file.tensors.end()) {
    throw_input(path.string() + ": no tensor '" + name + "'", "the file belongs to another network");
  }
  return found->second.to(at::kFloat);
}

}  // namespace vidbench::nn
