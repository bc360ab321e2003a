#include "config/file.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/files.h"
#include "base/strings.h"
#include "base/yaml_guard.h"
#include "config/keys.h"
#include "config/value.h"

namespace vidbench::config {
namespace {

constexpr size_t kFileLimitBytes = size_t{1} << 20;
const std::string kProfiles = "profiles";

struct Reader {
  const std::string& origin;

  [[noreturn]] void fail(const YAML::Node& at, const std::string& message, const std::string& hint) const {
    throw_input(fmt::format("{}:{}: {}", origin, at.Mark().is_null() ? 1 : at.Mark().line + 1, message),
                hint);
  }

  [[nodiscard]] static bool is_group(const std::string& name) {
    return std::any_of(keys().begin(), keys().end(),
                       [&](const Key& key) { return key.name.starts_with(name + "."); });
  }

  // What may stand where `name` stands: the parts of the keys' names that follow `prefix`.
  [[noreturn]] void refuse_unknown(const YAML::Node& at, const std::string& prefix, const std::string& name,
                                   bool top) const {
    std::set<std::string> known;
    for (const Key& key : keys())
      if (key.name.starts_with(prefix))
        known.insert(key.name.substr(prefix.size(), key.name.find('.', prefix.size()) - prefix.size()));
    if (top) known.insert(kProfiles);
    const std::vector<std::string> names(known.begin(), known.end());
    const std::string place = prefix.empty() ? "" : " in '" + prefix.substr(0, prefix.size() - 1) + "'";
    const std::string message = fmt::format("unknown key '{}'{}", one_line(name), place);
    if (const size_t dot = name.find('.'); prefix.empty() && find_key(name) != nullptr)
      fail(at, message, fmt::format("write it as {}: {{{}: …}}", name.substr(0, dot), name.substr(dot + 1)));
    // A name of another group is a likelier mistake than a mistyped one.
    for (const Key& key : keys())
      if (key.name.ends_with("." + name)) fail(at, message, fmt::format("did you mean '{}'?", key.name));
    fail(at, message, suggestion(name, names));
  }

  void read(const YAML::Node& map, const std::string& prefix, bool top, FileValues& values,
            FileContent* content) const {
    std::set<std::string> seen;
    for (const auto& item : map) {
      if (!item.first.IsScalar()) fail(item.first, "a key must be a name", "");
      const std::string name = item.first.Scalar();
      if (!seen.insert(name).second)
        fail(item.first, fmt::format("key '{}' stands twice", one_line(name)), "keep one of them");
      const std::string full = prefix + name;
      if (top && name == kProfiles)
        read_profiles(item.second, *content);
      else if (const Key* key = find_key(full); key != nullptr && name.find('.') == std::string::npos)
        values[full] = value_of(*key, item.first, item.second);
      else if (name.find('.') == std::string::npos && is_group(full))
        read_group(item.second, full, values);
      else
        refuse_unknown(item.first, prefix, name, top);
    }
  }

  [[nodiscard]] FileValue value_of(const Key& key, const YAML::Node& at, const YAML::Node& node) const {
    if (node.IsNull()) fail(at, fmt::format("'{}' has no value", key.name), "add one, or leave the line out");
    return {read_value(key, node, origin), at.Mark().line + 1};
  }

  void read_group(const YAML::Node& node, const std::string& name, FileValues& values) const {
    if (node.IsNull()) return;  // all of it is commented out
    if (!node.IsMap()) fail(node, fmt::format("'{}' must be a mapping of keys to values", name), "");
    read(node, name + ".", false, values, nullptr);
  }

  void read_profiles(const YAML::Node& node, FileContent& content) const {
    if (node.IsNull()) return;
    if (!node.IsMap()) fail(node, "'profiles' must be a mapping of names to mappings", "profiles: {ci: {…}}");
    const std::vector<std::string>& scores = require_key("score_profile").choices;
    for (const auto& item : node) {
      const std::string name = item.first.IsScalar() ? item.first.Scalar() : "";
      if (name.empty() || name.front() == '-') fail(item.first, "a profile must have a name", "");
      if (std::find(scores.begin(), scores.end(), name) != scores.end())
        fail(item.first, fmt::format("'{}' is the name of a score profile", name), "give it another name");
      if (content.profiles.contains(name))
        fail(item.first, fmt::format("profile '{}' stands twice", one_line(name)), "keep one of them");
      FileValues& values = content.profiles[name];
      if (item.second.IsNull()) continue;
      if (!item.second.IsMap())
        fail(item.second, fmt::format("profile '{}' must be a mapping of keys to values", one_line(name)),
             "");
      read(item.second, "", false, values, nullptr);
    }
  }
};

}  // namespace

FileContent parse_file(const std::string& text, const std::string& origin) {
  check_plain_yaml(text, origin);
  const YAML::Node node = YAML::Load(text);
  FileContent content;
  if (!node.IsDefined() || node.IsNull()) return content;  // nothing but comments
  if (!node.IsMap()) throw_input(fmt::format("{}:1: expected a mapping of keys to values", origin));
  Reader{origin}.read(node, "", true, content.values, &content);
  return content;
}

FileContent load_file(const std::filesystem::path& file) {
  return parse_file(read_file(file, kFileLimitBytes), file.string());
}

}  // namespace vidbench::config
