#include "base/yaml.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/files.h"
#include "base/strings.h"

namespace vidbench {
namespace {

int line_of(const YAML::Node& node) { return node.Mark().is_null() ? 1 : node.Mark().line + 1; }

Json scalar_to_json(const YAML::Node& node) {
  if (node.Tag() == "!") return node.Scalar();  // quoted: stays text
  bool flag = false;
  if (YAML::convert<bool>::decode(node, flag)) return flag;
  int64_t whole = 0;
  if (YAML::convert<int64_t>::decode(node, whole)) return whole;
  double real = 0;
  if (YAML::convert<double>::decode(node, real)) return real;
  return node.Scalar();
}

// What may come out of one json() call: aliases let a few lines stand for billions of values.
constexpr size_t kMaxJsonNodes = 1000000;

Json to_json(const YAML::Node& node, size_t& budget) {
  if (budget-- == 0) throw YAML::Exception(node.Mark(), "its aliases stand for too many values");
  switch (node.Type()) {
    case YAML::NodeType::Scalar:
      return scalar_to_json(node);
    case YAML::NodeType::Sequence: {
      Json array = Json::array();
      for (const auto& item : node) array.push_back(to_json(item, budget));
      return array;
    }
    case YAML::NodeType::Map: {
      Json object = Json::object();
      for (const auto& item : node) object[item.first.Scalar()] = to_json(item.second, budget);
      return object;
    }
    default:
      return nullptr;
  }
}

}  // namespace

YamlMap YamlMap::load(const std::filesystem::path& path) {
  return parse(read_file(path, size_t{64} << 20), path.string());
}

YamlMap YamlMap::parse(const std::string& text, const std::string& origin) {
  YAML::Node node;
  try {
    const std::vector<YAML::Node> documents = YAML::LoadAll(text);
    if (documents.size() > 1)
      throw_input(fmt::format("{}:{}: a second YAML document", origin, line_of(documents[1])),
                  "keep one document a file");
    if (!documents.empty()) node = documents[0];
  } catch (const YAML::Exception& e) {
    throw_input(fmt::format("{}:{}: not valid YAML: {}", origin, e.mark.line + 1, e.msg));
  }
  if (!node.IsMap()) throw_input(fmt::format("{}:1: expected a mapping of keys to values", origin));
  return YamlMap(node, origin, "");
}

YamlMap::YamlMap(const YAML::Node& node, std::string origin, std::string place)
    : node_(node), origin_(std::move(origin)), place_(std::move(place)) {
  std::set<std::string> seen;
  for (const auto& item : node_)
    if (!seen.insert(item.first.Scalar()).second)
      throw_input(
          fmt::format("{}:{}: key '{}' stands twice", origin_, line_of(item.first), item.first.Scalar()),
          "keep one of them");
}

bool YamlMap::has(const std::string& key) const {
  const YAML::Node found = std::as_const(node_)[key];
  return found.IsDefined() && !found.IsNull();
}

YAML::Node YamlMap::find(const std::string& key) {
  asked_.push_back(key);
  return has(key) ? std::as_const(node_)[key] : YAML::Node(YAML::NodeType::Undefined);
}

YAML::Node YamlMap::require(const std::string& key) {
  YAML::Node found = find(key);
  if (!found.IsDefined()) {
    // A near miss among the present keys is the likely cause.
    const std::string near = nearest(key, keys());
    fail("", fmt::format("missing key '{}'{}", key, place_.empty() ? "" : " in " + place_),
         near.empty() ? "add it" : fmt::format("is '{}' meant?", near));
  }
  return found;
}

void YamlMap::fail(const std::string& key, const std::string& message, const std::string& hint) const {
  throw_input(fmt::format("{}: {}", where(key), message), hint);
}

std::string YamlMap::where(const std::string& key) const {
  const YAML::Node at = key.empty() || !has(key) ? node_ : std::as_const(node_)[key];
  return fmt::format("{}:{}", origin_, line_of(at));
}

std::string YamlMap::scalar(const std::string& key, const YAML::Node& node, const char* type) const {
  if (!node.IsScalar()) throw_input(fmt::format("{}:{}: '{}' must be {}", origin_, line_of(node), key, type));
  return node.Scalar();
}

template <typename T>
T YamlMap::convert(const std::string& key, const YAML::Node& node, const char* type) const {
  const std::string value = scalar(key, node, type);
  T result{};
  if (node.Tag() == "!" || !YAML::convert<T>::decode(node, result))
    throw_input(fmt::format("{}:{}: '{}' must be {}, not '{}'", origin_, line_of(node), key, type, value));
  return result;
}

std::string YamlMap::text(const std::string& key) { return scalar(key, require(key), "text"); }
std::string YamlMap::text(const std::string& key, const std::string& fallback) {
  const YAML::Node node = find(key);
  return node.IsDefined() ? scalar(key, node, "text") : fallback;
}
int64_t YamlMap::integer(const std::string& key) {
  return convert<int64_t>(key, require(key), "a whole number");
}
int64_t YamlMap::integer(const std::string& key, int64_t fallback) {
  const YAML::Node node = find(key);
  return node.IsDefined() ? convert<int64_t>(key, node, "a whole number") : fallback;
}
double YamlMap::number(const std::string& key) { return convert<double>(key, require(key), "a number"); }
double YamlMap::number(const std::string& key, double fallback) {
  const YAML::Node node = find(key);
  return node.IsDefined() ? convert<double>(key, node, "a number") : fallback;
}
bool YamlMap::boolean(const std::string& key, bool fallback) {
  const YAML::Node node = find(key);
  return node.IsDefined() ? convert<bool>(key, node, "true or false") : fallback;
}

std::vector<std::string> YamlMap::texts(const std::string& key) {
  const YAML::Node node = find(key);
  std::vector<std::string> values;
  if (!node.IsDefined()) return values;
  if (!node.IsSequence()) fail(key, fmt::format("'{}' must be a list", key));
  for (const auto& item : node) values.push_back(scalar(key, item, "a list of texts"));
  return values;
}

std::vector<int64_t> YamlMap::integers(const std::string& key) {
  const YAML::Node node = find(key);
  std::vector<int64_t> values;
  if (!node.IsDefined()) return values;
  if (!node.IsSequence()) fail(key, fmt::format("'{}' must be a list of whole numbers", key));
  for (const auto& item : node) values.push_back(convert<int64_t>(key, item, "a list of whole numbers"));
  return values;
}

YamlMap YamlMap::nested(const std::string& key, const YAML::Node& node, const std::string& place) const {
  if (!node.IsMap())
    throw_input(fmt::format("{}:{}: '{}' must be a mapping of keys to values", origin_, line_of(node), key));
  return YamlMap(node, origin_, place_.empty() ? place : place_ + "." + place);
}

YamlMap YamlMap::map(const std::string& key) { return nested(key, require(key), key); }

std::optional<YamlMap> YamlMap::optional_map(const std::string& key) {
  const YAML::Node node = find(key);
  if (!node.IsDefined()) return std::nullopt;
  return nested(key, node, key);
}

std::vector<YamlMap> YamlMap::maps(const std::string& key) {
  const YAML::Node node = find(key);
  std::vector<YamlMap> values;
  if (!node.IsDefined()) return values;
  if (!node.IsSequence()) fail(key, fmt::format("'{}' must be a list", key));
  for (const auto& item : node)
    values.push_back(nested(key, item, fmt::format("{}[{}]", key, values.size())));
  return values;
}

Json YamlMap::json(const std::string& key) {
  const YAML::Node node = find(key);
  size_t budget = kMaxJsonNodes;
  try {
    return node.IsDefined() ? to_json(node, budget) : Json(nullptr);
  } catch (const YAML::Exception& e) {
    fail(key, fmt::format("'{}': {}", key, e.msg), "write the values out");
  }
}

std::vector<std::string> YamlMap::keys() const {
  std::vector<std::string> names;
  for (const auto& item : node_) names.push_back(item.first.Scalar());
  return names;
}

std::string YamlMap::choice(const std::string& key, const std::vector<std::string>& allowed) {
  std::string value = text(key);
  if (std::find(allowed.begin(), allowed.end(), value) == allowed.end())
    fail(key, fmt::format("'{}' is not a value of '{}'", value, key), suggestion(value, allowed));
  return value;
}

void YamlMap::finish() {
  for (const auto& item : node_) {
    const std::string key = item.first.Scalar();
    if (std::find(asked_.begin(), asked_.end(), key) == asked_.end())
      throw_input(fmt::format("{}:{}: unknown key '{}'{}", origin_, line_of(item.first), key,
                              place_.empty() ? "" : " in " + place_),
                  suggestion(key, asked_));
  }
}

}  // namespace vidbench
