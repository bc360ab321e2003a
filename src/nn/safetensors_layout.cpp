#include "nn/safetensors_layout.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <utility>

#include "base/error.h"
#include "base/json.h"

namespace vidbench::nn {
namespace {

static_assert(std::endian::native == std::endian::little, "the format is little-endian");

constexpr uint64_t kMaxHeaderBytes = 100'000'000;  // the official reader's limit
constexpr uint64_t kMaxTensorBytes = uint64_t{1} << 40;
constexpr size_t kMaxDimensions = 16;

struct StoredType {
  std::string_view name;
  uint64_t bytes;
};
constexpr std::array<StoredType, 4> kTypes = {{{"F32", 4}, {"F16", 2}, {"BF16", 2}, {"I64", 8}}};

// Where an error happened: the file, and the key where there is one.
class Place {
 public:
  explicit Place(const std::string& origin) : text_(origin) {}
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
    if (extent != 0 && bytes > kMaxTensorBytes / extent) place.fail("has a shape larger than any file");
    bytes *= extent;
  }
  return bytes;
}

struct Range {
  uint64_t begin = 0;
  uint64_t end = 0;
  std::string name;
};

StoredTensor read_tensor(const Json& entry, std::string_view data, const Place& place, Range& range) {
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
  return {type.name, {shape.begin(), shape.end()}, data.substr(range.begin, bytes)};
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

void read_metadata(const Json& entry, SafetensorsLayout& file, const Place& place) {
  if (!entry.is_object()) place.fail("__metadata__ is no JSON object");
  for (const auto& [key, value] : entry.items()) {
    if (!value.is_string()) place.fail("__metadata__ entry '" + key + "' is no text");
    file.metadata[key] = value.get<std::string>();
  }
}

}  // namespace

SafetensorsLayout read_safetensors_layout(std::string_view content, const std::string& origin) {
  const Place place(origin);
  uint64_t header_bytes = 0;
  if (content.size() < sizeof header_bytes) place.fail("shorter than a safetensors header");
  std::memcpy(&header_bytes, content.data(), sizeof header_bytes);
  if (header_bytes > kMaxHeaderBytes || header_bytes > content.size() - sizeof header_bytes)
    place.fail("its header claims " + std::to_string(header_bytes) + " bytes");
  const Json header = parse_json(content.substr(sizeof header_bytes, header_bytes), origin);
  if (!header.is_object()) place.fail("its header is no JSON object");
  const std::string_view data = content.substr(sizeof header_bytes + header_bytes);
  SafetensorsLayout layout;
  std::vector<Range> ranges;
  for (const auto& [name, entry] : header.items()) {
    if (name == "__metadata__") {
      read_metadata(entry, layout, place);
      continue;
    }
    ranges.push_back({0, 0, name});
    layout.tensors[name] = read_tensor(entry, data, place.key(name), ranges.back());
  }
  require_tiling(std::move(ranges), data.size(), place);
  return layout;
}

}  // namespace vidbench::nn
