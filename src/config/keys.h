// The table of everything that can be configured.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace vidbench::config {

enum class Type {
  kText,
  kFlag,        // true or false
  kWhole,       // a whole number between `low` and `high`
  kNumber,      // a number between `low` and `high`
  kChoice,      // one of `choices`
  kPath,        // a file or folder; of a file: relative to that file's folder
  kProgram,     // a path, or a name that is looked for in PATH
  kStore,       // sqlite:PATH or another address
  kTexts,       // list of texts
  kWholes,      // list of whole numbers
  kPaths,       // list of folders
  kCatalogues,  // list of folders and of {git, ref, folder}
};

struct Key {
  std::string name;  // "run.max_attempts": `max_attempts` in the mapping `run`
  Type type;
  std::string fallback;               // what counts when nobody says anything, for people
  std::string variable;               // of the environment
  std::string option;                 // of the command line that says the same; "" = none
  std::vector<std::string> commands;  // that have the option; empty = all
  std::string help;
  std::vector<std::string> choices = {};
  double low = 0, high = 0;
  char separator = ',';    // of a list's entries in the variable
  bool published = false;  // code below reads the variable: see publish()
};

[[nodiscard]] const std::vector<Key>& keys();
// nullptr when there is none.
[[nodiscard]] const Key* find_key(std::string_view name);
// Throws Error(kInput) with a suggestion when there is none.
[[nodiscard]] const Key& require_key(const std::string& name);
// "text", "true or false", "whole number from 1 to 100", …
[[nodiscard]] std::string describe_type(const Key& key);

}  // namespace vidbench::config
