#include "config/settings.h"

#include <fmt/format.h>

#include <cstdlib>
#include <set>

#include "base/error.h"
#include "base/strings.h"
#include "config/value.h"

namespace vidbench::config {
namespace fs = std::filesystem;
namespace {

// "" when it is not set.
std::string variable(const std::vector<std::string>& environment, const std::string& name) {
  for (const std::string& entry : environment)
    if (entry.starts_with(name + "=")) return entry.substr(name.size() + 1);
  return "";
}

}  // namespace

std::string Origin::text() const {
  if (layer == Layer::kBuiltIn) return "built-in";
  return profile.empty() ? place : fmt::format("{} (profile {})", place, profile);
}

void Settings::set(const std::string& name, const FileValue& value, const Source& source,
                   const std::string& profile) {
  const Key& key = require_key(name);
  values_[name] = {resolve_paths(key, value.value, source.path.parent_path()),
                   {source.layer, fmt::format("{}:{}", home_as_tilde(source.path), value.line), profile}};
}

void Settings::lay(const FileContent& content, const Source& source) {
  for (const auto& [name, value] : content.values) set(name, value, source, "");
}

void Settings::lay_profile(const FileContent& content, const Source& source) {
  const auto found = content.profiles.find(profile_);
  if (found == content.profiles.end()) return;
  for (const auto& [name, value] : found->second) set(name, value, source, profile_);
}

Settings Settings::load(const Places& places, const std::string& profile,
                        const std::vector<std::string>& environment) {
  Settings settings;
  settings.profile_ = profile;
  for (const Key& key : keys()) settings.values_[key.name] = {};
  std::vector<FileContent> contents;
  std::set<std::string> profiles;
  for (const auto& [layer, path] : {std::pair{Layer::kSystem, places.system},
                                    {Layer::kUser, places.user},
                                    {Layer::kProject, places.project}}) {
    std::error_code ec;
    const bool there = !path.empty() && fs::exists(path, ec);
    contents.push_back(there ? load_file(path) : FileContent());
    settings.sources_.push_back({layer, path, there});
    for (const auto& [name, values] : contents.back().profiles) profiles.insert(name);
    settings.lay(contents.back(), settings.sources_.back());
  }
  if (!profile.empty() && !profiles.contains(profile))
    throw_input(fmt::format("no configuration file has a profile '{}'", one_line(profile)),
                profiles.empty()
                    ? "profiles: {NAME: {…}} in one of them, see `vidbench config show --origin`"
                    : suggestion(profile, std::vector<std::string>(profiles.begin(), profiles.end())));
  for (size_t i = 0; i < contents.size(); ++i) settings.lay_profile(contents[i], settings.sources_[i]);
  for (const Key& key : keys()) {
    // An empty variable is one that is not set: a wrapper script cannot always unset it.
    const std::string text = variable(environment, key.variable);
    if (text.empty()) continue;
    settings.values_[key.name] = {resolve_paths(key, parse_value(key, text, key.variable), {}),
                                  {Layer::kEnvironment, "$" + key.variable, ""}};
  }
  return settings;
}

const Setting& Settings::at(const std::string& key) const { return values_.at(require_key(key).name); }

std::string Settings::shown(const Key& key) const {
  const Setting& setting = at(key.name);
  return setting.value.is_null() ? key.fallback : without_password(value_text(setting.value));
}

std::string Settings::text(const std::string& key) const {
  const Setting& setting = at(key);
  return setting.value.is_null() ? "" : value_text(setting.value);
}

Json Settings::description() const {
  Json files = Json::array();
  for (const Source& source : sources_)
    if (source.there)
      files.push_back(source.layer == Layer::kProject ? source.path.filename().string()
                                                      : home_as_tilde(source.path));
  return {{"files", files}, {"profile", profile_.empty() ? Json() : Json(profile_)}};
}

void publish(const Settings& settings) {
  for (const Key& key : keys()) {
    const Setting& setting = settings.at(key.name);
    if (key.published && !setting.value.is_null())
      ::setenv(key.variable.c_str(), variable_text(key, setting.value).c_str(), 1);
  }
}

std::string without_password(const std::string& address) {
  const size_t begin = address.find("://");
  if (begin == std::string::npos) return address;
  const size_t at = address.find('@', begin), slash = address.find('/', begin + 3);
  const size_t colon = address.find(':', begin + 3);
  if (at == std::string::npos || at > slash || colon > at) return address;
  return address.substr(0, colon + 1) + "***" + address.substr(at);
}

}  // namespace vidbench::config
