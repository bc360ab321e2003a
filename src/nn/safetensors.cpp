#include "nn/safetensors.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"

namespace vidbench::nn {
namespace {

static_assert(std::endian::native == std::endian::little, "the format is little-endian");

constexpr uint64_t kMaxHeaderBytes = 100'000'000;  // the official reader's limit
constexpr size_t kMaxFileBytes = size_t{16} << 30;
constexpr size_t kMaxDimensions = 16;

struct StoredType {
  const char* name;
  at::ScalarType scalar;
  uint64_t bytes;
};
constexpr std::array<StoredType, 4> kTypes = {
    {{"F32", at::kFloat, 4}, {"F16", at::kHalf, 2}, {"BF16", at::kBFloat16, 2}, {"I64", at::kLong, 8}}};

// Where an error happened: the file, and the key where there is one.
class Place {
 public:
  explicit Place(const std::filesystem::path& path) : text_(path.string()) {}
  [[nodiscard]] Place key(const std::string& name) const {
    Place place = *this;
    place.text_ += ": tensor '" + name + "'";
    return place;
  }
  [[noreturn]] void fail(const std::string& what) const {
    throw_input(text_ + ": " + what, "the file is damaged or no safetensors file; fetch it again");
  }

 private:
  std::string text_;
};

const StoredType& type_named(const Json& entry, const Place& place) {
  if (!entry.contains("dtype") || !entry["dtype"].is_string()) place.fail("has no dtype");
  const auto name = entry["dtype"].get<std::string>();
  const auto found =
      std::find_if(kTypes.begin(), kTypes.end(), [&](const StoredType& t) { return name == t.name; });
  if (found == kTypes.end()) place.fail("has the unsupported dtype '" + name + "'");
  return *found;
}

std::vector<uint64_t> unsigned_list(const Json& entry, const char* key, const Place& place) {
  if (!entry.contains(key) || !entry[key].is_array()) place.fail(std::string("has no list '") + key + "'");
  std::vector<uint64_t> values;
  for (const auto& item : entry[key]) {
    if (!item.is_number_unsigned())
      place.fail(std::string("has a '") + key + "' entry that is no natural number");
    values.push_back(item.get<uint64_t>());
  }
  return values;
}

// Bytes of the shape, with overflow refused.
uint64_t bytes_of(const std::vector<uint64_t>& shape, const StoredType& type, const Place& place) {
  if (shape.size() > kMaxDimensions) place.fail("has " + std::to_string(shape.size()) + " dimensions");
  uint64_t bytes = type.bytes;
  for (const uint64_t extent : shape) {
    if (extent != 0 && bytes > kMaxFileBytes / extent) place.fail("has a shape larger than any file");
    bytes *= extent;
  }
  return bytes;
}

struct Range {
  uint64_t begin = 0;
  uint64_t end = 0;
  std::string name;
};

at::Tensor read_tensor(const Json& entry, std::string_view data, const Place& place, Range& range) {
  if (!entry.is_object()) place.fail("is no JSON object");
  const StoredType& type = type_named(entry, place);
  const auto shape = unsigned_list(entry, "shape", place);
  const auto offsets = unsigned_list(entry, "data_offsets", place);
  const uint64_t bytes = bytes_of(shape, type, place);
  if (offsets.size() != 2) place.fail("needs two data_offsets");
  range.begin = offsets[0];
  range.end = offsets[1];
  if (range.begin > range.end || range.end > data.size()) {
    place.fail("lies outside the file: bytes " + std::to_string(range.begin) + ".." +
               std::to_string(range.end) + " of " + std::to_string(data.size()));
  }
  if (range.end - range.begin != bytes) {
    place.fail("holds " + std::to_string(range.end - range.begin) + " bytes, its shape needs " +
               std::to_string(bytes));
  }
  const std::vector<int64_t> sizes(shape.begin(), shape.end());
  at::Tensor tensor = at::empty(sizes, at::TensorOptions(type.scalar));
  if (bytes > 0) std::memcpy(tensor.data_ptr(), data.data() + range.begin, bytes);
  return tensor;
}

// Every byte of the data section belongs to exactly one tensor.
void require_tiling(std::vector<Range> ranges, uint64_t size, const Place& place) {
  std::sort(ranges.begin(), ranges.end(), [](const Range& a, const Range& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  uint64_t position = 0;
  for (const auto& range : ranges) {
    if (range.begin < position) place.key(range.name).fail("overlaps another tensor");
    if (range.begin > position) place.key(range.name).fail("leaves a hole before it");
    position = range.end;
  }
  if (position != size) place.fail(std::to_string(size - position) + " bytes after the last tensor");
}

void read_metadata(const Json& entry, TensorFile& file, const Place& place) {
  if (!entry.is_object()) place.fail("__metadata__ is no JSON object");
  for (const auto& [key, value] : entry.items()) {
    if (!value.is_string()) place.fail("__metadata__ entry '" + key + "' is no text");
    file.metadata[key] = value.get<std::string>();
  }
}

}  // namespace

TensorFile load_safetensors(const std::filesystem::path& path) {
  const std::string content = read_file(path, kMaxFileBytes);
  const Place place(path);
  uint64_t header_bytes = 0;
  if (content.size() < sizeof header_bytes) place.fail("shorter than a safetensors header");
  std::memcpy(&header_bytes, content.data(), sizeof header_bytes);
  if (header_bytes > kMaxHeaderBytes || header_bytes > content.size() - sizeof header_bytes) {
    place.fail("its header claims " + std::to_string(header_bytes) + " bytes");
  }
  const std::string_view view(content);
  const Json header = parse_json(view.substr(sizeof header_bytes, header_bytes), path.string());
  if (!header.is_object()) place.fail("its header is no JSON object");
  const std::string_view data = view.substr(sizeof header_bytes + header_bytes);
  TensorFile file;
  std::vector<Range> ranges;
  for (const auto& [name, entry] : header.items()) {
    if (name == "__metadata__") {
      read_metadata(entry, file, place);
      continue;
    }
    ranges.push_back({0, 0, name});
    file.tensors[name] = read_tensor(entry, data, place.key(name), ranges.back());
  }
  require_tiling(std::move(ranges), data.size(), place);
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
