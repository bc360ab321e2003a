#include "registry/draft.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/error.h"
#include "base/strings.h"
#include "providers/library.h"

namespace vidbench::registry {

std::string id_from(const std::string& name) {
  std::string id;
  for (const char c : name) {
    const auto letter = static_cast<unsigned char>(c);
    const bool kept = letter < 128 && (std::isalnum(letter) != 0 || c == '.' || c == '_');
    if (kept)
      id += static_cast<char>(std::tolower(letter));
    else if (!id.empty() && id.back() != '-')
      id += '-';
  }
  id = id.substr(0, 100);
  while (!id.empty() && (id.back() == '-' || id.back() == '.')) id.pop_back();
  const size_t first = id.find_first_not_of("-.");
  return first == std::string::npos ? "" : id.substr(first);
}

Draft draft_of_worker(const std::vector<std::string>& command) {
  if (command.empty()) throw_input("a worker needs a command", "name the program and its arguments");
  Draft draft;
  draft.model.deployment.runner = "worker";
  draft.model.deployment.command = command;
  return draft;
}

Draft draft_of_hosted(const std::string& provider, const std::string& model) {
  const providers::Provider known = providers::find_provider(provider);
  Draft draft;
  draft.model.id = id_from(fmt::format("{}-{}", model, provider));
  draft.model.card.access = "api";
  draft.model.deployment.runner = "http";
  draft.model.deployment.settings = {{"provider", provider}, {"model", model}};
  for (const std::string& missing : providers::find_missing(draft.model.deployment.settings))
    draft.remarks.push_back(missing);
  return draft;
}

}  // namespace vidbench::registry
