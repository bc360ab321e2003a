#include "providers/library.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/error.h"
#include "base/files.h"
#include "base/strings.h"
#include "base/url.h"
#include "base/variable.h"
#include "providers/provider_file.h"

namespace vidbench::providers {
namespace fs = std::filesystem;
namespace {

constexpr size_t kShortestGuarded = 4;  // a shorter text would be found everywhere

std::string first_set(const Texts& names) {
  for (const std::string& name : names)
    if (std::string value = variable(name.c_str()); !value.empty()) return value;
  return "";
}

std::vector<fs::path> folders() {
  std::vector<fs::path> list;
  for (const std::string& folder : split(variable("VIDBENCH_PROVIDERS"), ':'))
    if (!folder.empty()) list.emplace_back(folder);
  list.push_back(resource_root() / "providers");
  return list;
}

}  // namespace

Texts provider_names() {
  Texts names;
  std::error_code ec;
  for (const fs::path& folder : folders())
    for (const auto& entry : fs::directory_iterator(folder, ec))
      if (entry.path().extension() == ".yaml") names.push_back(entry.path().stem().string());
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

Provider find_provider(const std::string& name) {
  const Texts names = provider_names();
  if (std::find(names.begin(), names.end(), name) == names.end())
    throw_input(fmt::format("no provider is named '{}'", one_line(name)), suggestion(name, names));
  std::error_code ec;
  const fs::path root = resource_root();
  for (const fs::path& folder : folders()) {
    const fs::path file = folder / (name + ".yaml");
    if (!fs::is_regular_file(file, ec)) continue;
    const std::string relative = file.lexically_relative(root).string();
    return load_provider(file, relative.empty() || relative.starts_with("..") ? file.string() : relative);
  }
  throw_input(fmt::format("provider '{}' is not a file", name));
}

std::map<std::string, std::string> parameters(const Provider& provider, const Json& settings) {
  std::map<std::string, std::string> values;
  const Json own = settings.value("parameters", Json::object());
  for (const Variable& parameter : provider.parameters) {
    std::string value;
    if (own.is_object() && own.contains(parameter.name))
      value = own[parameter.name].is_string() ? own[parameter.name].get<std::string>()
                                              : own[parameter.name].dump();
    if (value.empty()) value = first_set(parameter.environment);
    values[parameter.name] = value.empty() ? parameter.fallback : value;
  }
  return values;
}

std::vector<std::string> find_missing(const Json& settings) {
  const Json name = settings.value("provider", Json());
  if (!name.is_string()) return {"settings.provider names no provider"};
  const Texts names = provider_names();
  if (std::find(names.begin(), names.end(), name.get<std::string>()) == names.end())
    return {fmt::format("no provider is named '{}' ({})", one_line(name.get<std::string>()),
                        suggestion(name.get<std::string>(), names))};
  const Provider provider = find_provider(name);
  std::vector<std::string> missing;
  for (const Variable& secret : provider.secrets)
    if (!secret.optional && first_set(secret.environment).empty())
      missing.push_back(fmt::format("{} is not set ({} of {})", join(secret.environment, " or "), secret.name,
                                    provider.title));
  for (const auto& [parameter, value] : parameters(provider, settings))
    if (value.empty()) {
      const auto known = std::find_if(provider.parameters.begin(), provider.parameters.end(),
                                      [&p = parameter](const Variable& v) { return v.name == p; });
      missing.push_back(
          fmt::format("settings.parameters.{} is not set{}", parameter,
                      known->environment.empty() ? "" : ", nor is " + join(known->environment, " or ")));
    }
  return missing;
}

std::string override_variable(const std::string& provider) {
  std::string name = "VIDBENCH_PROVIDER_URL_";
  for (const char c : provider)
    name += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return name;
}

Secrets::Secrets(const Provider& provider) {
  for (const Variable& secret : provider.secrets) {
    placeholders_[secret.name] = "<" + secret.environment.front() + ">";
    for (const std::string& name : secret.environment)
      if (const std::string value = variable(name.c_str()); !value.empty()) {
        values_[secret.name] = trim(value);
        placeholders_[secret.name] = "<" + name + ">";
        guard(values_[secret.name], placeholders_[secret.name]);
        break;
      }
  }
}

std::string Secrets::value(const std::string& name) const {
  const auto found = values_.find(name);
  if (found == values_.end())
    throw_environment(placeholder(name) + " is not set", "export it before the run");
  return found->second;
}

std::string Secrets::placeholder(const std::string& name) const {
  const auto found = placeholders_.find(name);
  return found == placeholders_.end() ? "" : found->second;
}

void Secrets::guard(const std::string& text, const std::string& placeholder) {
  for (const std::string& form : {text, percent_encode(text)}) {
    const std::pair entry{form, placeholder};
    if (form.size() >= kShortestGuarded &&
        std::find(guarded_.begin(), guarded_.end(), entry) == guarded_.end())
      guarded_.push_back(entry);
  }
  std::sort(guarded_.begin(), guarded_.end(),
            [](const auto& a, const auto& b) { return a.first.size() > b.first.size(); });
}

std::string Secrets::redact(std::string text) const {
  for (const auto& [secret, placeholder] : guarded_)
    for (size_t at = text.find(secret); at != std::string::npos;
         at = text.find(secret, at + placeholder.size()))
      text.replace(at, secret.size(), placeholder);
  return text;
}

}  // namespace vidbench::providers
