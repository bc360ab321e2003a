// What a deployment of the runner "command" says: how the command line of somebody's own script is made of a
// request.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "blobs/reference.h"
#include "registry/registry.h"

namespace vidbench::registry {

// Placeholder → text. A text holds placeholders as "{name}", and braces of its own as "{{" and "}}".
using Values = std::map<std::string, std::string>;

struct CommandTemplate {
  std::vector<std::string> command;
  std::vector<std::vector<std::string>> optional;  // groups of arguments, each left out when a value lacks
  std::vector<std::pair<std::string, std::string>> environment;
  // Name → "hf:owner/name[/path][@revision]", "checkout:path" or an absolute path; one location alone has the
  // name "".
  std::map<std::string, std::string> weights;
  std::string repository;  // "owner/name" on GitHub, may be empty
  std::string directory;   // of its checkout; empty = where checkouts lie by default
  std::string python;      // the interpreter that `python` means; empty = found
  std::string output;      // pattern of the video's name; empty = the script takes {output}
  std::string progress;    // regular expression with the groups 1 (step) and 2 (steps), never empty
  std::vector<std::pair<std::string, std::string>> stages;  // regular expression, name

  // Whether the placeholder stands anywhere in it.
  [[nodiscard]] bool uses(const std::string& placeholder) const;
  // Whether it stands where it cannot be left out.
  [[nodiscard]] bool requires_value(const std::string& placeholder) const;
};

// Where in the catalogue's entry the fault is: "command" or "settings".
class CommandFault : public Error {
 public:
  CommandFault(std::string key, const std::string& message, const std::string& hint = {})
      : Error(ErrorCode::kInput, message, hint), key_(std::move(key)) {}
  [[nodiscard]] const std::string& key() const noexcept { return key_; }

 private:
  std::string key_;
};

// Of a location "hf:owner/name[/path][@revision]".
[[nodiscard]] blobs::Reference hub_reference(const std::string& location);

// Throws CommandFault for whatever it does not know: a setting, a placeholder.
[[nodiscard]] CommandTemplate read_command_template(const Deployment& deployment);
// The same for a regular expression that is broken. Compiling them costs far more than the rest of
// the reading, so this is asked once, when the entry is read.
void check_patterns(const CommandTemplate& command);

// Throws Error(kInput) naming the placeholder that has no value.
[[nodiscard]] std::string fill(const std::string& text, const Values& values);
// The command, then each optional group of which all values are known. Throws as fill.
[[nodiscard]] std::vector<std::string> fill_command(const CommandTemplate& command, const Values& values);

// "hf:…" and "checkout:…" stay, other weights and the directory start at `root` unless they are absolute.
void make_locations_absolute(Json& settings, const std::filesystem::path& root);

}  // namespace vidbench::registry
