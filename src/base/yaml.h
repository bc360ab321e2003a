// Strict YAML: every key is read by name and type; what was not read is an error with file, line and
// suggestion.
#pragma once

#include <yaml-cpp/yaml.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"

namespace vidbench {

// A mapping that is being read. Call the getters, then `finish()`, which refuses keys nobody asked for.
// All errors are Error(kInput) "<file>:<line>: <what>" with a hint.
class YamlMap {
 public:
  // Loads `path`, whose top level must be a mapping.
  [[nodiscard]] static YamlMap load(const std::filesystem::path& path);
  // The same from memory; `origin` stands for the file in errors.
  [[nodiscard]] static YamlMap parse(const std::string& text, const std::string& origin);
  YamlMap(const YAML::Node& node, std::string origin, std::string place);

  [[nodiscard]] bool has(const std::string& key) const;
  [[nodiscard]] std::string text(const std::string& key);
  [[nodiscard]] std::string text(const std::string& key, const std::string& fallback);
  [[nodiscard]] int64_t integer(const std::string& key);
  [[nodiscard]] int64_t integer(const std::string& key, int64_t fallback);
  [[nodiscard]] double number(const std::string& key);
  [[nodiscard]] double number(const std::string& key, double fallback);
  [[nodiscard]] bool boolean(const std::string& key, bool fallback);
  // A sequence of scalars; absent = empty.
  [[nodiscard]] std::vector<std::string> texts(const std::string& key);
  [[nodiscard]] std::vector<int64_t> integers(const std::string& key);
  // A nested mapping; `optional_map` gives nullopt when the key is absent.
  [[nodiscard]] YamlMap map(const std::string& key);
  [[nodiscard]] std::optional<YamlMap> optional_map(const std::string& key);
  // A sequence of mappings; absent = empty.
  [[nodiscard]] std::vector<YamlMap> maps(const std::string& key);
  // Free-form content as JSON (numbers, booleans and null recognised); absent = null.
  [[nodiscard]] Json json(const std::string& key);
  // The keys of this mapping in file order; does not mark them as read.
  [[nodiscard]] std::vector<std::string> keys() const;
  // One of `allowed`, else an error with a suggestion.
  [[nodiscard]] std::string choice(const std::string& key, const std::vector<std::string>& allowed);

  // Throws when a key was never read.
  void finish();
  // "file:line" of `key` (or of this mapping when the key is absent).
  [[nodiscard]] std::string where(const std::string& key) const;
  // Throws Error(kInput) at the place of `key` (or of this mapping when the key is absent).
  [[noreturn]] void fail(const std::string& key, const std::string& message,
                         const std::string& hint = {}) const;

 private:
  [[nodiscard]] YAML::Node find(const std::string& key);
  [[nodiscard]] YAML::Node require(const std::string& key);
  [[nodiscard]] std::string scalar(const std::string& key, const YAML::Node& node, const char* type) const;
  [[nodiscard]] YamlMap nested(const std::string& key, const YAML::Node& node,
                               const std::string& place) const;
  template <typename T>
  T convert(const std::string& key, const YAML::Node& node, const char* type) const;

  YAML::Node node_;
  std::string origin_;  // file name for errors
  std::string place_;   // "prompts[3]", "" at the top
  std::vector<std::string> asked_;
};

}  // namespace vidbench
