#include "nn/checkpoint.h"

#include <ATen/ATen.h>
#include <caffe2/serialize/inline_container.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <memory>
#include <numeric>
#include <optional>

#include "base/error.h"
#include "nn/mapped_file.h"
#include "nn/npz.h"
#include "nn/pickle.h"

namespace vidbench::nn {
namespace {

constexpr const char* kHint = "the file is damaged or no file of weights; fetch it again";
constexpr size_t kMaxVisits = 4'000'000;
constexpr int kMaxDepth = 32;
// What torch.save before 1.6 begins with: a pickle of the number 0x1950a86a20f9469cfc6c.
constexpr std::string_view kLegacyMagic = "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.";

at::ScalarType scalar_of(const StorageRef& storage) {
  switch (storage.type) {
    case StorageType::kFloat:
      return at::kFloat;
    case StorageType::kDouble:
      return at::kDouble;
    case StorageType::kHalf:
      return at::kHalf;
    case StorageType::kBFloat16:
      return at::kBFloat16;
    case StorageType::kLong:
      return at::kLong;
    case StorageType::kInt:
      return at::kInt;
    case StorageType::kShort:
      return at::kShort;
    case StorageType::kChar:
      return at::kChar;
    case StorageType::kByte:
      return at::kByte;
    case StorageType::kBool:
      return at::kBool;
  }
  throw Error(ErrorCode::kInternal, "a storage type without a tensor type");
}

// The whole storage as a vector [elements]; kept, since several tensors may view one.
class Storages {
 public:
  using Load = std::function<at::Tensor(const StorageRef&)>;
  Storages(std::string origin, Load load) : origin_(std::move(origin)), load_(std::move(load)) {}

  // The tensor with its values in memory of its own, unless it is the whole storage.
  at::Tensor view(const TensorRef& ref, const std::string& name) {
    const at::Tensor& storage = get(ref.storage, name);
    require_inside(ref, storage.numel(), name);
    return storage.as_strided(ref.sizes, ref.strides, ref.offset).contiguous();
  }

 private:
  const at::Tensor& get(const StorageRef& ref, const std::string& name) {
    const std::string key(ref.key);
    auto found = loaded_.find(key);
    if (found == loaded_.end()) found = loaded_.emplace(key, load_(ref)).first;
    if (found->second.scalar_type() != scalar_of(ref)) fail(name, "shares its numbers with another type");
    return found->second;
  }

  void require_inside(const TensorRef& ref, int64_t elements, const std::string& name) const {
    if (ref.sizes.size() != ref.strides.size())
      fail(name, "has another number of strides than of dimensions");
    if (ref.offset < 0 || ref.offset > elements) fail(name, "begins outside its numbers");
    if (std::find(ref.sizes.begin(), ref.sizes.end(), 0) != ref.sizes.end()) return;
    // Every factor is checked before it is multiplied, so that nothing overflows.
    int64_t last = ref.offset;
    int64_t count = 1;
    for (size_t d = 0; d < ref.sizes.size(); ++d) {
      const int64_t size = ref.sizes[d];
      const int64_t stride = ref.strides[d];
      if (size < 1 || stride < 0) fail(name, "has a negative size or stride");
      if (count > elements / size) fail(name, "is larger than its numbers");
      count *= size;
      if (size > 1 && stride > (elements - last) / (size - 1)) fail(name, "reaches beyond its numbers");
      if (size > 1) last += (size - 1) * stride;
    }
    if (last >= elements) fail(name, "reaches beyond its numbers");
  }

  [[noreturn]] void fail(const std::string& name, const std::string& what) const {
    throw_input(origin_ + ": tensor '" + name + "' " + what, kHint);
  }

  std::string origin_;
  Load load_;
  std::map<std::string, at::Tensor> loaded_;
};

// Walks nested dicts and lists; leaves that are no tensors, or not below the wanted name, are passed over.
class Flattener {
 public:
  Flattener(std::string origin, Storages& storages, std::string below, TensorFile& into)
      : origin_(std::move(origin)), below_(std::move(below)), storages_(storages), into_(into) {}

  void visit(const PickleValue& value, const std::string& name, int depth = 0) {
    if (++visits_ > kMaxVisits || depth > kMaxDepth) throw_input(origin_ + ": nested too deeply", kHint);
    const auto below = [&](const std::string& key) { return name.empty() ? key : name + "." + key; };
    if (const auto* tensor = std::get_if<TensorRef>(&value)) {
      if (name.starts_with(below_)) into_.tensors[name] = storages_.view(*tensor, name);
    } else if (const auto* dict = std::get_if<PickleDict*>(&value)) {
      const PickleDict& holder = (*dict)->attributes != nullptr ? *(*dict)->attributes : **dict;
      for (const auto& [key, item] : holder.items)
        if (const auto text = key_text(key)) visit(item, below(*text), depth + 1);
    } else if (const auto* list = std::get_if<PickleList*>(&value)) {
      for (size_t i = 0; i < (*list)->items.size(); ++i)
        visit((*list)->items[i], below(std::to_string(i)), depth + 1);
    }
  }

 private:
  static std::optional<std::string> key_text(const PickleValue& key) {
    if (const auto* text = std::get_if<std::string_view>(&key)) return std::string(*text);
    if (const auto* number = std::get_if<int64_t>(&key)) return std::to_string(*number);
    return std::nullopt;
  }

  std::string origin_, below_;
  Storages& storages_;
  TensorFile& into_;
  size_t visits_ = 0;
};

uint64_t bytes_of(const StorageRef& storage, const std::string& origin, uint64_t limit) {
  const uint64_t size = at::elementSize(scalar_of(storage));
  if (storage.elements < 0 || static_cast<uint64_t>(storage.elements) > limit / size)
    throw_input(origin + ": storage '" + std::string(storage.key) + "' claims " +
                    std::to_string(storage.elements) + " numbers, more than the file has",
                kHint);
  return static_cast<uint64_t>(storage.elements) * size;
}

class ZipArchive {
 public:
  ZipArchive(const std::filesystem::path& path, uint64_t file_bytes)
      : origin_(path.string()), file_bytes_(file_bytes), reader_(path.string()) {}

  TensorFile read(const std::string& below) {
    if (reader_.hasRecord("byteorder") && record("byteorder") != "little")
      throw_input(origin_ + ": its numbers are not little-endian", kHint);
    const std::string pickled = record("data.pkl");
    const Pickle pickle(pickled, origin_ + ": data.pkl");
    Storages storages(origin_, [this](const StorageRef& ref) { return storage(ref); });
    TensorFile file;
    Flattener(origin_, storages, below, file).visit(pickle.value(), "");
    return file;
  }

 private:
  // A record's size by the directory, which may lie: what is stored uncompressed cannot be larger than the
  // file.
  uint64_t size_of(const std::string& name) {
    if (!reader_.hasRecord(name)) throw_input(origin_ + ": the archive has no record '" + name + "'", kHint);
    const uint64_t size = reader_.getRecordSize(name);
    if (size > file_bytes_) throw_input(origin_ + ": record '" + name + "' is larger than the file", kHint);
    return size;
  }
  std::string record(const std::string& name) {
    std::string content(size_of(name), '\0');
    reader_.getRecord(name, content.data(), content.size());
    return content;
  }
  at::Tensor storage(const StorageRef& ref) {
    const std::string name = "data/" + std::string(ref.key);
    const uint64_t bytes = bytes_of(ref, origin_, file_bytes_);
    if (size_of(name) != bytes)
      throw_input(origin_ + ": record '" + name + "' holds " + std::to_string(size_of(name)) +
                      " bytes, its tensors need " + std::to_string(bytes),
                  kHint);
    at::Tensor values = at::empty({ref.elements}, at::TensorOptions(scalar_of(ref)));
    if (bytes > 0) reader_.getRecord(name, values.data_ptr(), bytes);
    return values;
  }

  std::string origin_;
  uint64_t file_bytes_;
  caffe2::serialize::PyTorchStreamReader reader_;
};

// magic, protocol version, system information, the object, the keys of the storages, then each storage as its
// count and its numbers.
TensorFile read_legacy(std::string_view bytes, const std::string& origin, const std::string& below) {
  size_t position = kLegacyMagic.size();
  const auto next = [&](const char* what) {
    auto pickle = std::make_unique<Pickle>(bytes.substr(position), origin + ": " + what);
    position += pickle->size();
    return pickle;
  };
  (void)next("the version");
  (void)next("the system information");
  const auto object = next("the object");
  const auto keys = next("the list of storages");
  std::map<std::string_view, StorageRef> known;
  for (const StorageRef& storage : object->storages()) known.emplace(storage.key, storage);
  std::map<std::string, std::string_view> numbers;
  const auto* list = std::get_if<PickleList*>(&keys->value());
  if (list == nullptr) throw_input(origin + ": has no list of storages", kHint);
  for (const PickleValue& item : (*list)->items) {
    const auto* key = std::get_if<std::string_view>(&item);
    const auto found = key == nullptr ? known.end() : known.find(*key);
    if (found == known.end()) throw_input(origin + ": lists a storage that no tensor has", kHint);
    int64_t count = 0;
    if (bytes.size() - position < sizeof count) throw_input(origin + ": ends before its numbers", kHint);
    std::memcpy(&count, bytes.data() + position, sizeof count);
    position += sizeof count;
    const uint64_t size = bytes_of(found->second, origin, bytes.size());
    if (count != found->second.elements || size > bytes.size() - position)
      throw_input(origin + ": storage '" + std::string(*key) + "' is cut off or of another size", kHint);
    numbers[std::string(*key)] = bytes.substr(position, size);
    position += size;
  }
  Storages storages(origin, [&](const StorageRef& ref) {
    const auto found = numbers.find(std::string(ref.key));
    if (found == numbers.end() || found->second.size() != bytes_of(ref, origin, bytes.size()))
      throw_input(origin + ": storage '" + std::string(ref.key) + "' is not there in full", kHint);
    at::Tensor values = at::empty({ref.elements}, at::TensorOptions(scalar_of(ref)));
    if (!found->second.empty()) std::memcpy(values.data_ptr(), found->second.data(), found->second.size());
    return values;
  });
  TensorFile file;
  Flattener(origin, storages, below, file).visit(object->value(), "");
  return file;
}

at::ScalarType scalar_of(const std::string& dtype, const std::string& place) {
  static const std::map<std::string_view, at::ScalarType> kTypes = {
      {"<f4", at::kFloat}, {"<f8", at::kDouble}, {"<f2", at::kHalf}, {"<i8", at::kLong}, {"<i4", at::kInt},
      {"<i2", at::kShort}, {"i1", at::kChar},    {"u1", at::kByte},  {"b1", at::kBool}};
  const auto found = kTypes.find(dtype);
  if (found == kTypes.end()) throw_input(place + " has the unsupported dtype '" + dtype + "'", kHint);
  return found->second;
}

at::Tensor tensor_of(const NpzArray& array, const std::string& place) {
  std::vector<int64_t> sizes(array.header.shape.begin(), array.header.shape.end());
  const bool fortran = array.header.fortran_order;
  if (fortran) std::reverse(sizes.begin(), sizes.end());
  at::Tensor values = at::empty(sizes, at::TensorOptions(scalar_of(array.header.dtype, place)));
  if (values.numel() > 0) std::memcpy(values.data_ptr(), array.elements(), array.header.data_bytes());
  if (!fortran) return values;
  std::vector<int64_t> axes(sizes.size());
  std::iota(axes.rbegin(), axes.rend(), 0);
  return values.permute(axes).contiguous();
}

TensorFile read_arrays(std::string_view bytes, const std::string& origin) {
  TensorFile file;
  for (const auto& [name, array] : read_npz(bytes, origin))
    file.tensors[name] = tensor_of(array, origin + ": array '" + name + "'");
  return file;
}

TensorFile part_of(TensorFile file, const std::string& below) {
  std::erase_if(file.tensors, [&](const auto& entry) { return !entry.first.starts_with(below); });
  return file;
}

}  // namespace

TensorFile load_checkpoint(const std::filesystem::path& path, const std::string& below) {
  const MappedFile mapped(path);
  if (mapped.bytes().starts_with(kLegacyMagic)) return read_legacy(mapped.bytes(), path.string(), below);
  if (!mapped.bytes().starts_with("PK\x03\x04")) return part_of(load_safetensors(path), below);
  if (is_npz(mapped.bytes())) return part_of(read_arrays(mapped.bytes(), path.string()), below);
  try {
    return ZipArchive(path, mapped.bytes().size()).read(below);
  } catch (const c10::Error& e) {
    const std::string_view text = e.what_without_backtrace();
    throw_input(path.string() + ": " + std::string(text.substr(0, text.find('\n'))), kHint);
  }
}

}  // namespace vidbench::nn
