#include "config/value.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/amount.h"
#include "base/error.h"
#include "base/strings.h"
#include "base/yaml_guard.h"
#include "config/catalogue.h"
#include "config/places.h"

namespace vidbench::config {
namespace fs = std::filesystem;
namespace {

int line_of(const YAML::Node& node) { return node.Mark().is_null() ? 1 : node.Mark().line + 1; }

bool is_list(const Key& key) {
  return key.type == Type::kTexts || key.type == Type::kWholes || key.type == Type::kPaths ||
         key.type == Type::kCatalogues;
}

// "a whole number from 1 to 64": what describe_type() says, as a sentence asks for it.
std::string wanted(const Key& key) {
  switch (key.type) {
    case Type::kText:
    case Type::kFlag:
      return describe_type(key);
    case Type::kChoice:
      return "one of " + describe_type(key);
    case Type::kStore:
      return "an " + describe_type(key);
    default:
      return "a " + describe_type(key);
  }
}

[[noreturn]] void refuse(const std::string& where, const Key& key, const std::string& value,
                         const std::string& hint = {}) {
  throw_input(fmt::format("{}: '{}' must be {}, not '{}'", where, key.name, wanted(key), one_line(value)),
              hint);
}

Json flag_of(const Key& key, const std::string& text, const std::string& where) {
  for (const char* yes : {"true", "yes", "on", "1"})
    if (text == yes) return true;
  for (const char* no : {"false", "no", "off", "0"})
    if (text == no) return false;
  refuse(where, key, text);
}

double number_of(const Key& key, const std::string& text, const std::string& where) {
  double number = 0;
  if (!YAML::convert<double>::decode(YAML::Node(text), number) || !std::isfinite(number))
    refuse(where, key, text);
  if (number < key.low || number > key.high) refuse(where, key, text);
  return number;
}

Json whole_of(const Key& key, const std::string& text, const std::string& where) {
  int64_t whole = 0;
  if (!YAML::convert<int64_t>::decode(YAML::Node(text), whole)) refuse(where, key, text);
  if (static_cast<double>(whole) < key.low || static_cast<double>(whole) > key.high) refuse(where, key, text);
  return whole;
}

std::string size_of(const Key& key, const std::string& text, const std::string& where) {
  if (!parse_size(text))
    refuse(where, key, text, "bytes, or a number and kB, MB, GB, TB, KiB, MiB, GiB or TiB");
  return text;
}

Json scalar_of(const Key& key, const std::string& text, const std::string& where) {
  if (text.find_first_of(std::string("\n\r\0", 3)) != std::string::npos)
    refuse(where, key, text, "write it in one line");
  switch (key.type) {
    case Type::kFlag:
      return flag_of(key, text, where);
    case Type::kWhole:
    case Type::kWholes:
      return whole_of(key, text, where);
    case Type::kNumber:
      return number_of(key, text, where);
    case Type::kSize:
      return size_of(key, text, where);
    case Type::kChoice:
      if (std::find(key.choices.begin(), key.choices.end(), text) == key.choices.end())
        throw_input(fmt::format("{}: '{}' is not a value of '{}'", where, one_line(text), key.name),
                    suggestion(text, key.choices));
      return text;
    default:
      if (trim(text).empty())
        throw_input(fmt::format("{}: '{}' is empty", where, key.name), "leave it out instead");
      return text;
  }
}

Json entry_of(const Key& key, const YAML::Node& node, const std::string& origin) {
  const std::string where = fmt::format("{}:{}", origin, line_of(node));
  if (key.type == Type::kCatalogues && node.IsMap()) return read_checkout(node, origin);
  if (!node.IsScalar()) refuse(where, key, node.IsNull() ? "nothing" : "a mapping or list");
  Json value = scalar_of(key, node.Scalar(), where);
  if ((key.type == Type::kCatalogues || key.type == Type::kPaths) &&
      value.get_ref<const std::string&>().find(':') != std::string::npos)
    throw_input(fmt::format("{}: '{}' in a folder of '{}'", where, ':', key.name),
                key.type == Type::kCatalogues ? "a Git address is written as {git: ADDRESS}" : "");
  return value;
}

fs::path resolved(const std::string& text, const fs::path& folder) {
  if (text == "~" || text.starts_with("~/"))
    return (home_folder() / text.substr(std::min<size_t>(2, text.size()))).lexically_normal();
  if (folder.empty() || fs::path(text).is_absolute()) return text;
  return (folder / text).lexically_normal();
}

std::string resolved_store(const std::string& text, const fs::path& folder) {
  constexpr std::string_view kPrefix = "sqlite:";
  if (!text.starts_with(kPrefix)) return text;
  return std::string(kPrefix) + resolved(text.substr(kPrefix.size()), folder).string();
}

// Whether YAML needs no quotes to read it as this text. Too many quotes do no harm.
bool is_plain(const std::string& text) {
  constexpr std::string_view kSafe = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_/.-";
  constexpr std::string_view kDigits = "0123456789-_";
  if (text.empty() || text.find_first_not_of(kSafe) != std::string::npos) return false;
  if (kDigits.find(text.front()) != std::string_view::npos) return false;
  const YAML::Node node = YAML::Load(text);
  bool flag = false;
  double number = 0;
  return node.IsScalar() && !YAML::convert<bool>::decode(node, flag) &&
         !YAML::convert<double>::decode(node, number);
}

std::string joined(const Json& list, const std::string& separator, std::string (*text)(const Json&)) {
  std::vector<std::string> parts;
  for (const Json& one : list) parts.push_back(text(one));
  return join(parts, separator);
}

}  // namespace

Json read_value(const Key& key, const YAML::Node& node, const std::string& origin) {
  const std::string where = fmt::format("{}:{}", origin, line_of(node));
  if (!is_list(key)) {
    // A quoted "3" is a text.
    const bool typed = key.type == Type::kFlag || key.type == Type::kWhole || key.type == Type::kNumber;
    if (typed && node.IsScalar() && node.Tag() == "!") refuse(where, key, '"' + node.Scalar() + '"');
    return entry_of(key, node, origin);
  }
  if (!node.IsSequence())
    throw_input(fmt::format("{}: '{}' must be a list", where, key.name), "[a, b], or a line '- a' for each");
  Json list = Json::array();
  for (const YAML::Node& one : node) list.push_back(entry_of(key, one, origin));
  return list;
}

Json parse_value(const Key& key, const std::string& text, const std::string& where) {
  if (!is_list(key)) return scalar_of(key, text, where);
  if (text.starts_with('[')) {
    check_plain_yaml(text, where);
    return read_value(key, YAML::Load(text), where);
  }
  Json list = Json::array();
  for (const std::string& part : split(text, key.separator))
    if (const std::string one = trim(part); !one.empty()) list.push_back(scalar_of(key, one, where));
  return list;
}

Json resolve_paths(const Key& key, const Json& value, const fs::path& folder) {
  switch (key.type) {
    case Type::kPath:
      return resolved(value.get<std::string>(), folder).string();
    case Type::kProgram: {
      const std::string text = value.get<std::string>();
      const bool name = text.find('/') == std::string::npos;
      return name ? text : resolved(text, folder).string();
    }
    case Type::kStore:
      return resolved_store(value.get<std::string>(), folder);
    case Type::kPaths:
    case Type::kCatalogues: {
      Json list = Json::array();
      for (const Json& one : value) {
        Json entry = one;
        if (one.is_string())
          entry = resolved(one.get<std::string>(), folder).string();
        else if (!is_address(one.at("git").get<std::string>()))
          entry["git"] = resolved(one.at("git").get<std::string>(), folder).string();
        list.push_back(std::move(entry));
      }
      return list;
    }
    default:
      return value;
  }
}

std::string value_text(const Json& value) {
  if (value.is_array()) return joined(value, ", ", value_text);
  if (value.is_object()) return value_yaml(value);
  return value.is_string() ? value.get<std::string>() : value.dump();
}

std::string variable_text(const Key& key, const Json& value) {
  if (key.type == Type::kCatalogues) {
    std::vector<std::string> folders;
    for (const Json& one : value) folders.push_back(catalogue_of(one).folder.string());
    return join(folders, ":");
  }
  return value.is_array() ? joined(value, std::string(1, key.separator), value_text) : value_text(value);
}

std::string value_yaml(const Json& value) {
  if (value.is_array()) return "[" + joined(value, ", ", value_yaml) + "]";
  if (value.is_object()) {
    std::vector<std::string> parts;
    for (const auto& [name, one] : value.items()) parts.push_back(name + ": " + value_yaml(one));
    return "{" + join(parts, ", ") + "}";
  }
  if (!value.is_string()) return value.dump();
  const std::string text = value.get<std::string>();
  return is_plain(text) ? text : value.dump();
}

}  // namespace vidbench::config
