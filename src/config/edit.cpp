#include "config/edit.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "base/strings.h"
#include "base/yaml.h"
#include "base/yaml_guard.h"
#include "config/value.h"

namespace vidbench::config {
namespace {

using Lines = std::vector<std::string>;
using Path = std::span<const std::string>;

constexpr size_t kIndent = 2;

// The file as values, without the mappings that hold nothing: what an edit must leave equal.
Json values_of(const std::string& text, const std::string& origin) {
  check_plain_yaml(text, origin);
  const YAML::Node node = YAML::Load(text);
  if (!node.IsDefined() || node.IsNull()) return Json::object();
  YAML::Node whole;
  whole["whole"] = node;
  return YamlMap(whole, origin, "").json("whole");
}

Json without_empty(Json json) {
  if (!json.is_object()) return json;
  Json kept = Json::object();
  for (auto& [name, value] : json.items())
    if (Json inner = without_empty(value); !inner.is_null() && inner != Json::object())
      kept[name] = std::move(inner);
  return kept;
}

size_t indent_of(const std::string& line) { return std::min(line.find_first_not_of(' '), line.size()); }

bool is_content(const std::string& line) {
  const size_t first = line.find_first_not_of(" \t\r");
  return first != std::string::npos && line[first] != '#';
}

struct Entry {
  YAML::Node key, value;
};

std::optional<Entry> find_entry(const YAML::Node& map, const std::string& name) {
  if (!map.IsMap()) return {};
  for (const auto& item : map)
    if (item.first.IsScalar() && item.first.Scalar() == name) return Entry{item.first, item.second};
  return {};
}

size_t line_of(const YAML::Node& node) { return static_cast<size_t>(node.Mark().line); }
size_t column_of(const YAML::Node& node) { return static_cast<size_t>(node.Mark().column); }

// One after the last line of the entry's value.
size_t end_of(const Lines& lines, const Entry& entry) {
  const size_t begin = line_of(entry.key), column = column_of(entry.key);
  size_t end = begin + 1;
  for (size_t i = begin + 1; i < lines.size(); ++i) {
    if (!is_content(lines[i])) continue;
    const size_t indent = indent_of(lines[i]);
    // A list may stand as far left as its key.
    const bool of_list =
        entry.value.IsSequence() && indent == column && lines[i].substr(indent).starts_with("-");
    if (indent <= column && !of_list) break;
    end = i + 1;
  }
  return end;
}

// " # …" behind what stands from `from` on; "" when there is none.
std::string comment_behind(const std::string& line, size_t from) {
  bool single = false, twice = false;  // in quotes
  for (size_t i = from; i < line.size(); ++i) {
    if (line[i] == '\'' && !twice) single = !single;
    if (line[i] == '"' && !single && (i == 0 || line[i - 1] != '\\')) twice = !twice;
    const bool begins = i == 0 || line[i - 1] == ' ' || line[i - 1] == '\t';
    if (line[i] != '#' || single || twice || !begins) continue;
    const size_t before = line.find_last_not_of(" \t", i == 0 ? 0 : i - 1);
    return i == 0 || before == std::string::npos ? line : line.substr(before + 1);
  }
  return "";
}

// "run:", "  workers: 3"
Lines nested_lines(Path path, size_t indent, const std::string& value) {
  Lines lines;
  for (size_t i = 0; i < path.size(); ++i) {
    std::string line = std::string(indent + i * kIndent, ' ') + value_yaml(path[i]) + ":";
    if (i + 1 == path.size()) line += " " + value;
    lines.push_back(std::move(line));
  }
  return lines;
}

// A mapping as lines; it is small, and its entries are written in the order of their names.
void write_block(const Json& map, size_t indent, Lines& lines) {
  for (const auto& [name, value] : map.items()) {
    const std::string line = std::string(indent, ' ') + value_yaml(name) + ":";
    if (value.is_object() && !value.empty()) {
      lines.push_back(line);
      write_block(value, indent + kIndent, lines);
    } else {
      lines.push_back(line + (value.is_null() || value == Json::object() ? "" : " " + value_yaml(value)));
    }
  }
}

Json changed(Json root, Path path, const Json& value) {
  Json* at = &root;
  for (const std::string& name : path.first(path.size() - 1)) {
    Json& next = (*at)[name];
    if (!next.is_object()) next = Json::object();
    at = &next;
  }
  if (value.is_null())
    at->erase(path.back());
  else
    (*at)[path.back()] = value;
  return root;
}

Json value_of(const std::string& yaml) {
  return YamlMap(YAML::Load("value: " + yaml), "the value", "").json("value");
}

class Edit {
 public:
  Edit(const std::string& text, const std::string& origin, Path path, const std::optional<std::string>& value)
      : origin_(origin), path_(path), value_(value), root_(YAML::Load(text)) {
    lines_ = split(text, '\n');
    if (!lines_.empty() && lines_.back().empty()) lines_.pop_back();
    if (text.find("\r\n") != std::string::npos) line_end_ = "\r\n";
    for (size_t i = 0; i < lines_.size(); ++i) {
      if (lines_[i].ends_with('\r')) lines_[i].pop_back();
      if (lines_[i].find('\r') != std::string::npos)  // YAML counts lines by it, we do not
        throw_input(fmt::format("{}:{}: a carriage return stands alone", origin, i + 1),
                    "save the file with the line ends of Unix or of Windows");
    }
  }

  [[nodiscard]] std::string result() {
    apply();
    std::string text;
    for (const std::string& line : lines_) text += line + line_end_;
    return text;
  }

 private:
  void apply() {
    if (!root_.IsMap()) return value_ ? insert(lines_.size(), path_, 0) : void();
    if (root_.Style() == YAML::EmitterStyle::Flow)
      throw_input(fmt::format("{}: the whole file stands in braces", origin_),
                  "change it with vidbench config edit");
    YAML::Node map = root_;
    std::optional<Entry> parent;
    for (size_t depth = 0; depth < path_.size(); ++depth) {
      const auto entry = find_entry(map, path_[depth]);
      if (!entry) return value_ ? add(map, parent, depth) : void();
      const bool last = depth + 1 == path_.size();
      if (last) return value_ ? replace(*entry) : erase(*entry);
      if (entry->value.IsMap() && entry->value.Style() == YAML::EmitterStyle::Flow)
        return write_out(*entry, depth);
      if (!entry->value.IsMap() && !entry->value.IsNull())
        throw_input(fmt::format("{}:{}: '{}' must be a mapping of keys to values", origin_,
                                line_of(entry->key) + 1, path_[depth]));
      parent = entry;
      map = entry->value;
    }
  }

  void insert(size_t at, Path path, size_t indent) {
    const Lines more = nested_lines(path, indent, *value_);
    lines_.insert(lines_.begin() + static_cast<std::ptrdiff_t>(at), more.begin(), more.end());
  }

  void add(const YAML::Node& map, const std::optional<Entry>& parent, size_t depth) {
    const size_t end = parent ? end_of(lines_, *parent) : lines_.size();
    size_t indent = parent ? column_of(parent->key) + kIndent : 0;
    if (map.IsMap() && map.size() > 0) indent = column_of(map.begin()->first);
    insert(end, path_.subspan(depth), indent);
  }

  void replace(const Entry& entry) {
    const size_t begin = line_of(entry.key), end = end_of(lines_, entry);
    const std::string& line = lines_[begin];
    std::string text = line.substr(0, column_of(entry.key)) + value_yaml(path_.back()) + ": " + *value_ +
                       comment_behind(line, column_of(entry.key));
    remove(begin, end);
    lines_.insert(lines_.begin() + static_cast<std::ptrdiff_t>(begin), std::move(text));
  }

  void erase(const Entry& entry) { remove(line_of(entry.key), end_of(lines_, entry)); }

  // A mapping in braces, with the change in it.
  void write_out(const Entry& entry, size_t depth) {
    const size_t begin = line_of(entry.key), end = end_of(lines_, entry);
    YAML::Node whole;
    whole[path_[depth]] = entry.value;
    YamlMap reader(whole, origin_, "");
    const Json inner = reader.json(path_[depth]);
    Lines block = {lines_[begin].substr(0, column_of(entry.key)) + value_yaml(path_[depth]) + ":"};
    write_block(changed(inner, path_.subspan(depth + 1), value_ ? value_of(*value_) : Json()),
                column_of(entry.key) + kIndent, block);
    remove(begin, end);
    lines_.insert(lines_.begin() + static_cast<std::ptrdiff_t>(begin), block.begin(), block.end());
  }

  void remove(size_t begin, size_t end) {
    lines_.erase(lines_.begin() + static_cast<std::ptrdiff_t>(begin),
                 lines_.begin() + static_cast<std::ptrdiff_t>(end));
  }

  const std::string& origin_;
  Path path_;
  const std::optional<std::string>& value_;
  YAML::Node root_;
  Lines lines_;
  std::string line_end_ = "\n";
};

size_t count_comments(const std::string& text) {
  size_t count = 0;
  for (const std::string& line : split(text, '\n'))
    if (!comment_behind(line, 0).empty()) ++count;
  return count;
}

}  // namespace

std::string edit_yaml(const std::string& text, const std::string& origin, Path path,
                      const std::optional<std::string>& value) {
  const Json before = values_of(text, origin);
  if (!before.is_object()) throw_input(fmt::format("{}:1: expected a mapping of keys to values", origin));
  const Json wanted = without_empty(changed(before, path, value ? value_of(*value) : Json()));
  const auto refuse = [&](const std::string& why) {
    throw_input(fmt::format("{}: {} in the way that '{}' is written there", origin, why, join(path, ".")),
                "change it with vidbench config edit");
  };
  std::string edited = Edit(text, origin, path, value).result();
  try {
    if (without_empty(values_of(edited, origin)) != wanted) refuse("other values would change");
  } catch (const Error&) {
    refuse("other values would change");
  }
  if (value && count_comments(edited) < count_comments(text)) refuse("a comment would be lost");
  return edited;
}

}  // namespace vidbench::config
