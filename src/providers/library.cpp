#include "providers/library.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/error.h"
#include "base/file_index.h"
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

// The first in the order of the folders.
fs::path file_of(const std::string& name) {
  std::error_code ec;
  for (const fs::path& folder : folders())
    if (const fs::path file = folder / (name + ".yaml"); fs::is_regular_file(file, ec)) return file;
  throw_input(fmt::format("provider '{}' is not a file", name));
}

constexpr int kIndexFormat = 1;  // of what needs_of() makes

Json needs_of(const std::vector<Variable>& variables) {
  Json list = Json::array();
  for (const Variable& variable : variables)
    list.push_back({variable.name, variable.environment, variable.fallback, variable.optional});
  return list;
}

Json needs_of(const Provider& provider) {
  return {provider.title, needs_of(provider.secrets), needs_of(provider.parameters)};
}

std::vector<Variable> variables_of(const Json& list) {
  std::vector<Variable> variables;
  for (const Json& one : list)
    variables.push_back({one.at(0).get<std::string>(), one.at(1).get<Texts>(), one.at(2).get<std::string>(),
                         one.at(3).get<bool>()});
  return variables;
}

// A provider that has nothing but what needs_of() took.
Provider with_needs(const Json& needs) {
  Provider provider;
  provider.title = needs.at(0).get<std::string>();
  provider.secrets = variables_of(needs.at(1));
  provider.parameters = variables_of(needs.at(2));
  return provider;
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
  const fs::path file = file_of(name);
  const std::string relative = file.lexically_relative(resource_root()).string();
  return load_provider(file, relative.empty() || relative.starts_with("..") ? file.string() : relative);
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

std::vector<std::string> find_missing(const Json& settings) { return Needs().missing(settings); }

Needs::Needs() : names_(provider_names()) {
  std::vector<fs::path> files;
  for (const std::string& name : names_) files.push_back(file_of(name));
  const FileIndex index("providers", kIndexFormat, resource_root(), files);
  if (auto known = index.load()) {
    known_ = std::move(*known);
    return;
  }
  known_ = Json::object();
  for (const std::string& name : names_) {
    try {
      known_[name] = needs_of(find_provider(name));
    } catch (const Error&) {  // a model that names it meets the fault again
    }
  }
  index.save(known_);
}

std::vector<std::string> Needs::missing(const Json& settings) const {
  const Json name = settings.value("provider", Json());
  if (!name.is_string()) return {"settings.provider names no provider"};
  if (std::find(names_.begin(), names_.end(), name.get<std::string>()) == names_.end())
    return {fmt::format("no provider is named '{}' ({})", one_line(name.get<std::string>()),
                        suggestion(name.get<std::string>(), names_))};
  const auto known = known_.find(name.get<std::string>());
  const Provider provider = known == known_.end() ? find_provider(name) : with_needs(*known);
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
