// A restricted reader of Python pickles as torch.save writes them: tensors, dicts, lists, tuples, numbers and
// strings, and the attributes of TorchScript objects, and nothing else. No code is ever run: a global outside
// the short list of pickle.cpp is an error. Format: docs.python.org/3/library/pickletools.html; the objects:
// torch/_utils.py, torch/serialization.py.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace vidbench::nn {

// The types of storages that are read: torch.FloatStorage, …
enum class StorageType { kFloat, kDouble, kHalf, kBFloat16, kLong, kInt, kShort, kChar, kByte, kBool };

// Raw numbers that lie elsewhere in the file, under `key`.
struct StorageRef {
  StorageType type = StorageType::kFloat;
  std::string_view key;
  int64_t elements = 0;
};

// A view of a storage; offset and strides count elements.
struct TensorRef {
  StorageRef storage;
  int64_t offset = 0;
  std::vector<int64_t> sizes, strides;
};

struct PickleList;
struct PickleDict;

// "collections.OrderedDict" and the like.
struct PickleGlobal {
  std::string_view name;
};

// None, bool, int, float, string (bytes count as strings), list or tuple, dict, storage, tensor, global.
// Containers belong to the Pickle and may be shared; a hostile pickle can make them contain themselves.
using PickleValue = std::variant<std::monostate, bool, int64_t, double, std::string_view, PickleList*,
                                 PickleDict*, StorageRef, TensorRef, PickleGlobal>;

struct PickleList {
  std::vector<PickleValue> items;
};
struct PickleDict {
  std::vector<std::pair<PickleValue, PickleValue>> items;  // in the order of insertion
  const PickleDict* attributes = nullptr;                  // of a TorchScript object, which has no items
};

// One unpickled object and everything it points to. Texts are views of the pickle's bytes, which must outlive
// it.
class Pickle {
 public:
  // Reads one pickle from the beginning of `bytes`; `origin` names the file in errors. Memory is bounded by a
  // small multiple of the bytes read. Throws Error(kInput) "<origin>: …" with the position for a damaged
  // pickle, and for one that holds anything but the values above.
  Pickle(std::string_view bytes, const std::string& origin);

  [[nodiscard]] const PickleValue& value() const { return value_; }
  // Every storage it names, in the order of appearance, with repetitions.
  [[nodiscard]] const std::vector<StorageRef>& storages() const { return storages_; }
  // Bytes that the pickle took.
  [[nodiscard]] size_t size() const { return size_; }

 private:
  friend class Unpickler;
  std::deque<PickleList> lists_;
  std::deque<PickleDict> dicts_;
  std::vector<StorageRef> storages_;
  PickleValue value_;
  size_t size_ = 0;
};

}  // namespace vidbench::nn
