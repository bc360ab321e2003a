#include "nn/pickle.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <map>
#include <optional>

#include "base/error.h"
#include "base/strings.h"

namespace vidbench::nn {
namespace {

constexpr size_t kMaxDimensions = 16;

// What REDUCE may call, and names that stand for a type.
constexpr std::array<std::string_view, 6> kGlobals = {"collections.OrderedDict",
                                                      "torch._utils._rebuild_tensor",
                                                      "torch._utils._rebuild_tensor_v2",
                                                      "torch._utils._rebuild_parameter",
                                                      "torch.Size",
                                                      "torch.device"};
// The class of a TorchScript object: its attributes are read as a dict's items, its code is left alone.
constexpr std::string_view kScriptClass = "__torch__";
// Typed lists of TorchScript, called with the list.
constexpr std::array<std::string_view, 4> kScriptLists = {
    "torch.jit._pickle.build_intlist", "torch.jit._pickle.build_doublelist",
    "torch.jit._pickle.build_boollist", "torch.jit._pickle.build_tensorlist"};
// In the order of StorageType.
constexpr std::array<std::string_view, 10> kStorages = {
    "torch.FloatStorage", "torch.DoubleStorage", "torch.HalfStorage",  "torch.BFloat16Storage",
    "torch.LongStorage",  "torch.IntStorage",    "torch.ShortStorage", "torch.CharStorage",
    "torch.ByteStorage",  "torch.BoolStorage"};

const PickleDict kNoAttributes;

template <size_t N>
const std::string_view* find_in(const std::array<std::string_view, N>& names, std::string_view name) {
  const auto found = std::find(names.begin(), names.end(), name);
  return found == names.end() ? nullptr : &*found;
}

}  // namespace

// The pickle machine: a stack, marks on it, and a memo.
class Unpickler {
 public:
  Unpickler(Pickle& pickle, std::string_view bytes, const std::string& origin)
      : pickle_(pickle), bytes_(bytes), origin_(origin) {}

  void run() {
    while (true) {
      at_ = position_;
      const uint8_t op = byte();
      if (op == '.') break;
      step(op);
    }
    pickle_.value_ = pop();
    pickle_.size_ = position_;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw_input(fmt::format("{}: the pickle at byte {}: {}", origin_, at_, what),
                "the file is damaged, or no plain file of weights");
  }

  std::string_view take(uint64_t count) {
    if (count > bytes_.size() - position_) fail("ends in the middle");
    const std::string_view taken = bytes_.substr(position_, count);
    position_ += count;
    return taken;
  }
  uint8_t byte() { return static_cast<uint8_t>(take(1)[0]); }
  template <typename T>
  T little() {
    T value;
    std::memcpy(&value, take(sizeof(T)).data(), sizeof(T));
    return value;
  }
  std::string_view line() {
    const size_t end = bytes_.find('\n', position_);
    if (end == std::string_view::npos) fail("ends in the middle of a line");
    const std::string_view text = take(end - position_);
    position_ += 1;
    return text;
  }

  void push(PickleValue value) { stack_.push_back(std::move(value)); }
  PickleValue pop() {
    if (stack_.size() <= floor()) fail("takes a value that is not there");
    PickleValue value = std::move(stack_.back());
    stack_.pop_back();
    return value;
  }
  PickleValue& top() {
    if (stack_.size() <= floor()) fail("needs a value that is not there");
    return stack_.back();
  }
  [[nodiscard]] size_t floor() const { return marks_.empty() ? 0 : marks_.back(); }
  // The values above the last mark.
  std::vector<PickleValue> pop_to_mark() {
    if (marks_.empty()) fail("lacks a mark");
    const auto first = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
    std::vector<PickleValue> values(std::make_move_iterator(first), std::make_move_iterator(stack_.end()));
    stack_.erase(first, stack_.end());
    marks_.pop_back();
    return values;
  }

  PickleList* make_list(std::vector<PickleValue> items) {
    pickle_.lists_.push_back({std::move(items)});
    return &pickle_.lists_.back();
  }
  PickleDict* make_dict() { return &pickle_.dicts_.emplace_back(); }
  void push_tuple(size_t count) {
    std::vector<PickleValue> items(count);
    for (size_t i = count; i-- > 0;) items[i] = pop();
    push(make_list(std::move(items)));
  }

  template <typename T>
  const T& expect(const PickleValue& value, const char* what) const {
    const T* found = std::get_if<T>(&value);
    if (found == nullptr) fail(fmt::format("expects {}", what));
    return *found;
  }
  const std::vector<PickleValue>& items_of(const PickleValue& value, size_t least) const {
    const auto& items = expect<PickleList*>(value, "a tuple")->items;
    if (items.size() < least) fail(fmt::format("expects a tuple of at least {} values", least));
    return items;
  }

  void remember(uint64_t key) { memo_.insert_or_assign(key, top()); }
  void recall(uint64_t key) {
    const auto found = memo_.find(key);
    if (found == memo_.end()) fail(fmt::format("recalls the value {} that was not kept", key));
    push(found->second);
  }

  void append(std::vector<PickleValue> values) {
    auto& items = expect<PickleList*>(top(), "a list")->items;
    std::move(values.begin(), values.end(), std::back_inserter(items));
  }
  void set_items(std::vector<PickleValue> values) {
    if (values.size() % 2 != 0) fail("sets a key without a value");
    auto& items = expect<PickleDict*>(top(), "a dict")->items;
    for (size_t i = 0; i < values.size(); i += 2)
      items.emplace_back(std::move(values[i]), std::move(values[i + 1]));
  }

  void push_global(const std::string& name) {
    const std::string_view* known = find_in(kGlobals, name);
    if (known == nullptr) known = find_in(kStorages, name);
    if (known == nullptr) known = find_in(kScriptLists, name);
    if (known == nullptr && name.starts_with("__torch__.")) known = &kScriptClass;
    if (known == nullptr)
      fail(fmt::format("holds a '{}', which is no tensor, dict, list, number or text", one_line(name)));
    push(PickleGlobal{*known});
  }

  // A little-endian two's complement number of any length; only those of 64 bits are taken.
  void push_long(uint64_t count) {
    const std::string_view digits = take(count);
    if (count > 8) fail("holds a whole number of more than 64 bits");
    uint64_t value = 0;
    for (size_t i = 0; i < digits.size(); ++i)
      value |= static_cast<uint64_t>(static_cast<uint8_t>(digits[i])) << (8 * i);
    if (count > 0 && count < 8 && (digits.back() & 0x80) != 0) value |= ~uint64_t{0} << (8 * count);
    push(static_cast<int64_t>(value));
  }

  // ('storage', type, key, location, elements[, view])
  void push_storage(const PickleValue& id) {
    const auto& parts = items_of(id, 5);
    if (expect<std::string_view>(parts[0], "the kind of a storage") != "storage")
      fail("names an unknown object");
    const std::string_view* type = find_in(kStorages, expect<PickleGlobal>(parts[1], "a storage type").name);
    if (type == nullptr) fail("names a storage of an unknown type");
    if (parts.size() > 5 && !std::holds_alternative<std::monostate>(parts[5]))
      fail("holds a view of a storage, as only very old files do");
    pickle_.storages_.push_back({static_cast<StorageType>(type - kStorages.data()),
                                 expect<std::string_view>(parts[2], "a storage's key"),
                                 expect<int64_t>(parts[4], "a storage's size")});
    push(pickle_.storages_.back());
  }

  std::vector<int64_t> numbers(const PickleValue& value) const {
    std::vector<int64_t> all;
    const auto& items = items_of(value, 0);
    if (items.size() > kMaxDimensions) fail(fmt::format("holds a tensor of {} dimensions", items.size()));
    for (const PickleValue& item : items) all.push_back(expect<int64_t>(item, "a whole number"));
    return all;
  }

  // OrderedDict([[key, value], …]): how Python 2 wrote one.
  PickleDict* dict_of(const PickleValue& list) {
    PickleDict* dict = make_dict();
    const auto& pairs = items_of(list, 0);
    // A remembered list can be named again and again for a few bytes each; true ones are named once.
    copied_ += pairs.size();
    if (copied_ > bytes_.size()) fail("makes larger dicts than it has bytes");
    for (const PickleValue& item : pairs) {
      const auto& pair = items_of(item, 2);
      dict->items.emplace_back(pair[0], pair[1]);
    }
    return dict;
  }

  void reduce() {
    const PickleValue arguments = pop();
    const std::string_view name = expect<PickleGlobal>(pop(), "something to call").name;
    const auto& items = items_of(arguments, 0);
    if (name == "collections.OrderedDict" && items.empty()) return push(make_dict());
    if (name == "collections.OrderedDict" && items.size() == 1) return push(dict_of(items[0]));
    if (name.starts_with("torch._utils._rebuild_tensor") && items.size() >= 4)
      return push(TensorRef{expect<StorageRef>(items[0], "a storage"), expect<int64_t>(items[1], "an offset"),
                            numbers(items[2]), numbers(items[3])});
    if (name == "torch._utils._rebuild_parameter" && !items.empty())
      return push(expect<TensorRef>(items[0], "a tensor"));
    if (name == "torch.Size" && items.size() == 1) return push(items[0]);
    if (name == "torch.device" && !items.empty()) return push(items[0]);
    if (find_in(kScriptLists, name) != nullptr && items.size() == 1) return push(items[0]);
    fail(fmt::format("calls '{}' in an unknown way", name));
  }

  void make_object() {
    (void)items_of(pop(), 0);
    if (expect<PickleGlobal>(pop(), "a class").name != kScriptClass)
      fail("makes an object, which plain weights do not need");
    push(make_dict());
    std::get<PickleDict*>(top())->attributes = &kNoAttributes;
  }
  // The attributes of a TorchScript object. The state of an OrderedDict (its _metadata) says nothing about
  // the weights.
  void build() {
    const PickleValue state = pop();
    PickleDict* target = expect<PickleDict*>(top(), "a dict to complete");
    if (target->attributes != nullptr)
      target->attributes = expect<PickleDict*>(state, "a dict of attributes");
  }

  void step(uint8_t op) {
    if (!step_number(op) && !step_text(op) && !step_container(op) && !step_memo(op))
      fail(fmt::format("has the operation 0x{:02x}, which plain weights do not need", op));
  }

  bool step_number(uint8_t op) {
    switch (op) {
      case 'N':
        push(std::monostate{});
        return true;
      case 0x88:
        push(true);
        return true;
      case 0x89:
        push(false);
        return true;
      case 'J':
        push(int64_t{little<int32_t>()});
        return true;
      case 'K':
        push(int64_t{byte()});
        return true;
      case 'M':
        push(int64_t{little<uint16_t>()});
        return true;
      case 0x8a:
        push_long(byte());
        return true;
      case 0x8b:
        push_long(little<uint32_t>());
        return true;
      case 'G':
        push(std::bit_cast<double>(__builtin_bswap64(little<uint64_t>())));
        return true;
      default:
        return false;
    }
  }

  bool step_text(uint8_t op) {
    switch (op) {
      case 'X':
      case 'T':
      case 'B':
        push(take(little<uint32_t>()));
        return true;
      case 0x8c:
      case 'U':
      case 'C':
        push(take(byte()));
        return true;
      case 0x8d:
      case 0x8e:
        push(take(little<uint64_t>()));
        return true;
      case 'c': {
        const std::string_view module = line();
        const std::string_view name = line();
        push_global(fmt::format("{}.{}", module, name));
        return true;
      }
      case 0x93: {
        const PickleValue name = pop();
        const PickleValue module = pop();
        push_global(fmt::format("{}.{}", expect<std::string_view>(module, "a module's name"),
                                expect<std::string_view>(name, "a name")));
        return true;
      }
      default:
        return false;
    }
  }

  bool step_container(uint8_t op) {
    switch (op) {
      case '(':
        marks_.push_back(stack_.size());
        return true;
      case ']':
      case ')':
        push(make_list({}));
        return true;
      case '}':
        push(make_dict());
        return true;
      case 0x85:
        push_tuple(1);
        return true;
      case 0x86:
        push_tuple(2);
        return true;
      case 0x87:
        push_tuple(3);
        return true;
      case 't':
      case 'l':
        push(make_list(pop_to_mark()));
        return true;
      case 'a': {
        std::vector<PickleValue> one;
        one.push_back(pop());
        append(std::move(one));
        return true;
      }
      case 'e':
        append(pop_to_mark());
        return true;
      case 's': {
        std::vector<PickleValue> pair(2);
        pair[1] = pop();
        pair[0] = pop();
        set_items(std::move(pair));
        return true;
      }
      case 'u':
        set_items(pop_to_mark());
        return true;
      case 'R':
        reduce();
        return true;
      case 0x81:
        make_object();
        return true;
      case 'b':
        build();
        return true;
      case 'Q': {
        const PickleValue id = pop();
        push_storage(id);
        return true;
      }
      default:
        return false;
    }
  }

  bool step_memo(uint8_t op) {
    switch (op) {
      case 0x80: {
        const uint8_t protocol = byte();
        if (protocol > 5) fail(fmt::format("has the unknown protocol {}", protocol));
        return true;
      }
      case 0x95:
        (void)little<uint64_t>();
        return true;  // a frame: only a hint
      case 'q':
        remember(byte());
        return true;
      case 'r':
        remember(little<uint32_t>());
        return true;
      case 0x94:
        remember(memo_.size());
        return true;
      case 'h':
        recall(byte());
        return true;
      case 'j':
        recall(little<uint32_t>());
        return true;
      case '0':
        (void)pop();
        return true;
      default:
        return false;
    }
  }

  Pickle& pickle_;
  std::string_view bytes_;
  const std::string& origin_;
  size_t position_ = 0, at_ = 0;
  size_t copied_ = 0;  // pairs of dicts made of lists
  std::vector<PickleValue> stack_;
  std::vector<size_t> marks_;
  std::map<uint64_t, PickleValue> memo_;
};

Pickle::Pickle(std::string_view bytes, const std::string& origin) { Unpickler(*this, bytes, origin).run(); }

}  // namespace vidbench::nn
