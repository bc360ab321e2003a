// The provider files of this installation, and what they need from the environment.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/json.h"
#include "providers/provider.h"

namespace vidbench::providers {

// <resource_root>/providers/NAME.yaml, or of a folder in $VIDBENCH_PROVIDERS (colon-separated, first hit
// wins). Throws Error(kInput) with a suggestion when there is none.
[[nodiscard]] Provider find_provider(const std::string& name);
[[nodiscard]] Texts provider_names();

// Values of the provider's parameters: those of `settings.parameters`, else of the environment, else
// defaults.
[[nodiscard]] std::map<std::string, std::string> parameters(const Provider& provider, const Json& settings);

// What the providers need from the environment, for questions about many models: kept in an index
// (base/file_index.h), so that unchanged files are not read.
class Needs {
 public:
  Needs();
  // What a model with these settings lacks, one sentence each: "FAL_KEY is not set". Throws Error(kInput) of
  // a provider file with a fault.
  [[nodiscard]] std::vector<std::string> missing(const Json& settings) const;

 private:
  Texts names_;
  Json known_;  // by name; not of files with a fault
};
[[nodiscard]] std::vector<std::string> find_missing(const Json& settings);

// The name of the environment variable that overrides base_url, for tests and proxies:
// VIDBENCH_PROVIDER_URL_FAL.
[[nodiscard]] std::string override_variable(const std::string& provider);

// Secrets by name, and the guard that keeps them out of everything that is shown or stored.
class Secrets {
 public:
  Secrets() = default;
  explicit Secrets(const Provider& provider);
  // Throws Error(kEnvironment) naming the variables when the secret is not set.
  [[nodiscard]] std::string value(const std::string& name) const;
  // "<FAL_KEY>"
  [[nodiscard]] std::string placeholder(const std::string& name) const;
  // What was made out of a secret (a token) is one, too.
  void guard(const std::string& text, const std::string& placeholder);
  [[nodiscard]] std::string redact(std::string text) const;

 private:
  std::map<std::string, std::string> values_, placeholders_;
  std::vector<std::pair<std::string, std::string>> guarded_;  // text → placeholder, longest first
};

}  // namespace vidbench::providers
