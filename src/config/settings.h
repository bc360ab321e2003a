// What counts, and who said so.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/json.h"
#include "config/file.h"
#include "config/keys.h"
#include "config/places.h"

namespace vidbench::config {

struct Origin {
  Layer layer = Layer::kBuiltIn;
  std::string place;    // "~/.config/vidbench/config.yaml:3", "$VIDBENCH_STORE"; "" when built in
  std::string profile;  // that says so in that file; "" = the file's own value
  // "built-in", or the place with the profile
  [[nodiscard]] std::string text() const;
};

struct Setting {
  Json value;  // null: nobody said anything
  Origin origin;
};

// A file that was looked for.
struct Source {
  Layer layer;
  std::filesystem::path path;
  bool there = false;
};

// Read-only once made.
class Settings {
 public:
  // The layers from `places`, of `profile` ("" = none) and of `environment` ("NAME=value"). Throws
  // Error(kInput) that names file, line and value, or the variable; or for a profile that no file has.
  [[nodiscard]] static Settings load(const Places& places, const std::string& profile,
                                     const std::vector<std::string>& environment);

  // Throws Error(kInput) for a name that is no key.
  [[nodiscard]] const Setting& at(const std::string& key) const;
  // The value as text, or what counts when there is none: for people.
  [[nodiscard]] std::string shown(const Key& key) const;
  // "" when nobody said anything.
  [[nodiscard]] std::string text(const std::string& key) const;

  [[nodiscard]] const std::vector<Source>& sources() const { return sources_; }
  [[nodiscard]] const std::string& profile() const { return profile_; }
  // {"files": […], "profile": …}: for a run's manifest, without the home folder's name.
  [[nodiscard]] Json description() const;

 private:
  void lay(const FileContent& content, const Source& source);
  void lay_profile(const FileContent& content, const Source& source);
  void set(const std::string& name, const FileValue& value, const Source& source, const std::string& profile);

  std::map<std::string, Setting> values_;
  std::vector<Source> sources_;
  std::string profile_;
};

// Sets the variables that code below and child processes read to what the files say. Call it before any
// thread is started.
void publish(const Settings& settings);

// A store's address without its password.
[[nodiscard]] std::string without_password(const std::string& address);

}  // namespace vidbench::config
