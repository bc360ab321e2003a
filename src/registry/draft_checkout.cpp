// Drafts of repositories that bring a script of their own.
#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/files.h"
#include "base/strings.h"
#include "registry/command_places.h"
#include "registry/draft.h"
#include "registry/git_checkout.h"
#include "registry/script_options.h"

namespace vidbench::registry {
namespace fs = std::filesystem;
namespace {

constexpr size_t kScriptLimitBytes = size_t{1} << 20;
constexpr int kDeepest = 2;  // folders below the checkout in which scripts are looked for

std::string read_script(const fs::path& file) {
  std::error_code ec;
  return fs::file_size(file, ec) <= kScriptLimitBytes && !ec ? read_file(file, kScriptLimitBytes) : "";
}

// Scripts that take a prompt, in the order of their names, those nearer to the root first.
std::vector<fs::path> generating_scripts(const fs::path& checkout) {
  std::vector<std::pair<int, fs::path>> found;
  std::error_code ec;
  fs::recursive_directory_iterator walk(checkout, fs::directory_options::skip_permission_denied, ec), end;
  for (; walk != end; walk.increment(ec)) {
    const fs::path& path = walk->path();
    const bool hidden = path.filename().string().starts_with(".");
    if (walk->is_directory(ec) && (hidden || walk.depth() >= kDeepest)) walk.disable_recursion_pending();
    if (path.extension() != ".py" || hidden || !walk->is_regular_file(ec)) continue;
    const ScriptCommand command = propose_command(read_script_options(read_script(path)), false);
    if (command.takes_prompt) found.emplace_back(walk.depth(), path.lexically_relative(checkout));
  }
  std::sort(found.begin(), found.end());
  std::vector<fs::path> scripts;
  for (auto& [depth, path] : found) scripts.push_back(std::move(path));
  return scripts;
}

std::string choose_script(const fs::path& checkout) {
  const std::vector<fs::path> scripts = generating_scripts(checkout);
  if (scripts.size() == 1) return scripts.front().string();
  std::vector<std::string> names;
  for (const fs::path& script : scripts)
    if (names.size() < 12) names.push_back(script.string());
  if (names.empty())
    throw_input(fmt::format("{}: no Python script that takes a prompt was found", checkout.string()),
                "name it with --script, or write the entry by hand (docs/add-a-model.md)");
  throw_input(fmt::format("{}: several scripts take a prompt: {}", checkout.string(), join(names, ", ")),
              "name one with --script");
}

// The licence of the code, by the words that its text begins with; of the weights it says nothing.
std::string licence_of(const fs::path& checkout) {
  for (const char* name : {"LICENSE", "LICENSE.txt", "LICENSE.md", "LICENCE"}) {
    std::error_code ec;
    if (!fs::is_regular_file(checkout / name, ec)) continue;
    const std::string text = read_file(checkout / name, kScriptLimitBytes).substr(0, 2000);
    if (text.find("Apache License") != std::string::npos && text.find("Version 2.0") != std::string::npos)
      return "Apache-2.0 (repository)";
    if (text.find("MIT License") != std::string::npos) return "MIT (repository)";
  }
  return "";
}

void take_defaults(GenerationDefaults& defaults, const std::map<std::string, std::string>& read) {
  const auto whole = [&](const char* key, std::optional<int>& value) {
    const auto found = read.find(key);
    if (found == read.end() || found->second.find_first_not_of("0123456789") != std::string::npos) return;
    if (found->second.size() < 7 && std::stoi(found->second) > 0) value = std::stoi(found->second);
  };
  const auto number = [&](const char* key, std::optional<double>& value) {
    const auto found = read.find(key);
    if (found == read.end() || found->second.find_first_not_of("0123456789.") != std::string::npos) return;
    value = std::strtod(found->second.c_str(), nullptr);
  };
  whole("frames", defaults.frames);
  whole("width", defaults.width);
  whole("height", defaults.height);
  whole("steps", defaults.steps);
  number("guidance", defaults.guidance);
  number("fps", defaults.fps);
  if (defaults.fps && *defaults.fps < 0.001) defaults.fps.reset();
}

}  // namespace

Draft draft_of_checkout(const fs::path& checkout, const std::string& name, const std::string& script,
                        const std::string& weights) {
  const std::string chosen = script.empty() ? choose_script(checkout) : script;
  std::error_code ec;
  if (!fs::is_regular_file(checkout / chosen, ec))
    throw_input(fmt::format("{} has no script {}", checkout.string(), chosen));
  const ScriptCommand command =
      propose_command(read_script_options(read_script(checkout / chosen)), !weights.empty());
  if (!command.takes_prompt)
    throw_input(fmt::format("{}: no option for the prompt was found", (checkout / chosen).string()),
                "write the entry by hand (docs/add-a-model.md)");
  Draft draft;
  Model& model = draft.model;
  const std::string last = name.empty() ? fs::absolute(checkout).lexically_normal().filename().string()
                                        : name.substr(name.find('/') + 1);
  model.id = id_from(last);
  model.card.title = last;
  model.card.licence = licence_of(checkout);
  model.card.script = chosen;
  Json& settings = model.deployment.settings;
  if (name.empty()) {
    settings["directory"] = fs::absolute(checkout).lexically_normal().string();
  } else {
    settings["repository"] = model.card.code = "github:" + name;
    const std::string commit = checkout_commit(checkout);
    model.card.references = {
        fmt::format("github:{}/{}{}", name, chosen, commit.empty() ? "" : " at " + commit)};
  }
  model.deployment.runner = "command";
  model.deployment.command = {"python", chosen};
  model.deployment.command.insert(model.deployment.command.end(), command.arguments.begin(),
                                  command.arguments.end());
  if (!command.optional.empty()) settings["optional"] = command.optional;
  if (!command.output.empty()) settings["output"] = command.output;
  if (!weights.empty()) settings["weights"] = weights;
  if (weights.starts_with("hf:")) model.card.source = weights;
  draft.remarks = command.remarks;
  take_defaults(model.deployment.defaults, command.defaults);
  return draft;
}

}  // namespace vidbench::registry
