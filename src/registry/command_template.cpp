#include "registry/command_template.h"

#include <fmt/format.h>

#include <algorithm>
#include <regex>

#include "base/strings.h"

namespace vidbench::registry {
namespace fs = std::filesystem;
namespace {

// tqdm's "12/50 [", and what many scripts print by themselves: "step 12/50".
constexpr const char* kUsualProgress = R"((\d+)/(\d+) ?\[|[Ss]tep:? (\d+)/(\d+))";

// Those that every request and every command may have; {weights.NAME} comes from the entry.
const std::vector<std::string>& usual_placeholders() {
  static const std::vector<std::string> names = {
      "prompt",       "negative_prompt", "prompt_file", "seed",  "frames", "frames_minus_1", "seconds",
      "milliseconds", "width",           "height",      "fps",   "steps",  "guidance",       "output",
      "output_dir",   "weights",         "repository",  "image", "video"};
  return names;
}

// The pieces of a text: literal, placeholder, literal, … ; `key` is where a fault is reported.
std::vector<std::string> pieces(const std::string& text, const std::string& key) {
  std::vector<std::string> result = {""};
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if ((c == '{' || c == '}') && i + 1 < text.size() && text[i + 1] == c) {
      result.back() += c;
      ++i;
    } else if (c == '{') {
      const size_t end = text.find_first_of("{}", i + 1);
      if (end == std::string::npos || text[end] != '}')
        throw CommandFault(key, fmt::format("'{}' has a '{{' without its '}}'", one_line(text)),
                           "write {{ for a brace of its own");
      result.push_back(text.substr(i + 1, end - i - 1));
      result.emplace_back();
      i = end;
    } else if (c == '}') {
      throw CommandFault(key, fmt::format("'{}' has a '}}' without its '{{'", one_line(text)),
                         "write }} for a brace of its own");
    } else {
      result.back() += c;
    }
  }
  return result;
}

std::vector<std::string> placeholders(const std::string& text) {
  const std::vector<std::string> parts = pieces(text, "settings");
  std::vector<std::string> names;
  for (size_t i = 1; i < parts.size(); i += 2) names.push_back(parts[i]);
  return names;
}

bool holds(const std::string& text, const std::string& placeholder) {
  const std::vector<std::string> names = placeholders(text);
  return std::find(names.begin(), names.end(), placeholder) != names.end();
}

std::string scalar_text(const Json& value, const std::string& where) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number_integer()) return value.dump();
  throw CommandFault(
      "settings", fmt::format("{} must be text", where),
      fmt::format("write '{}' in quotes, as the script is to read it", one_line(value.dump())));
}

// A regular expression's named groups (?<step>…) and (?<steps>…), which std::regex does not know, become
// its groups 1 and 2.
std::string numbered_groups(const std::string& pattern) {
  const size_t step = pattern.find("(?<step>"), steps = pattern.find("(?<steps>");
  if (step == std::string::npos || steps == std::string::npos)
    throw CommandFault("settings", "settings.progress must have the groups (?<step>…) and (?<steps>…)",
                       R"(e.g. 'step (?<step>\d+)/(?<steps>\d+)')");
  if (step > steps)
    throw CommandFault("settings", "settings.progress must have (?<step>…) before (?<steps>…)");
  std::string result = pattern;
  result.replace(steps, 9, "(");
  result.replace(step, 8, "(");
  for (size_t i = 0, seen = 0; i < result.size(); ++i) {  // groups before ours would shift their numbers
    if (result[i] == '\\') {
      ++i;
    } else if (result[i] == '(' && result.compare(i, 3, "(?:") != 0 && ++seen > 2) {
      throw CommandFault("settings", "settings.progress has a group beside step and steps",
                         "write (?:…) for groups that mean nothing");
    }
  }
  return result;
}

void require_regex(const std::string& pattern, const std::string& where) {
  try {
    [[maybe_unused]] const std::regex regex(pattern);
  } catch (const std::regex_error& e) {
    throw CommandFault("settings", fmt::format("{} is not a regular expression: {}", where, e.what()),
                       "ECMAScript's grammar; in YAML write it between single quotes");
  }
}

std::string github_name(const Json& settings) {
  const std::string text = scalar_text(settings.at("repository"), "settings.repository");
  const std::vector<std::string> parts = split(text.starts_with("github:") ? text.substr(7) : "", '/');
  const bool good =
      parts.size() == 2 && std::all_of(parts.begin(), parts.end(), [](const std::string& part) {
        return !part.empty() && part.front() != '.' && part.front() != '-' &&
               part.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
                   std::string::npos;
      });
  if (!good)
    throw CommandFault(
        "settings",
        fmt::format("settings.repository '{}' is not of the form github:owner/name", one_line(text)));
  return text.substr(7);
}

void require_location(const std::string& location, bool has_checkout) {
  const auto fault = [&](const std::string& what) {
    throw CommandFault("settings", fmt::format("settings.weights: '{}' {}", one_line(location), what),
                       "hf:owner/name, hf:owner/name/path, either with @revision, checkout:path or a path");
  };
  if (location.empty()) fault("is empty");
  const bool download = location.starts_with("hf:");
  if (download && (std::count(location.begin(), location.end(), '/') < 1 ||
                   !blobs::is_repository(hub_reference(location).repository)))
    fault("names no repository");
  if (download && hub_reference(location).revision.empty()) fault("names no revision after the @");
  if (location.starts_with("checkout:") && !has_checkout) fault("has no repository or directory to lie in");
  if (location.find("..") != std::string::npos && (download || location.starts_with("ch")))
    fault("leaves its folder");
}

void read_weights(const Json& value, CommandTemplate& command) {
  if (value.is_string()) command.weights[""] = value.get<std::string>();
  if (value.is_object())
    for (const auto& [name, location] : value.items())
      command.weights[name] = scalar_text(location, "settings.weights." + name);
  if (command.weights.empty())
    throw CommandFault("settings", "settings.weights must be a location, or a mapping of names to locations");
  for (const auto& [name, location] : command.weights)
    require_location(location, !command.repository.empty() || !command.directory.empty());
}

void read_optional(const Json& value, CommandTemplate& command) {
  const auto fault = [] {
    throw CommandFault("settings", "settings.optional must be a list of lists of arguments",
                       R"(e.g. [["--negative_prompt={negative_prompt}"]])");
  };
  if (!value.is_array()) fault();
  for (const Json& group : value) {
    if (!group.is_array() || group.empty()) fault();
    auto& arguments = command.optional.emplace_back();
    for (const Json& argument : group)
      arguments.push_back(scalar_text(argument, "an argument of settings.optional"));
    if (std::all_of(arguments.begin(), arguments.end(),
                    [](const auto& a) { return placeholders(a).empty(); }))
      throw CommandFault(
          "settings",
          fmt::format("settings.optional: '{}' has no placeholder", one_line(join(arguments, " "))),
          "it belongs into 'command'");
  }
}

void read_pairs(const Json& value, const std::string& where,
                std::vector<std::pair<std::string, std::string>>& pairs) {
  if (!value.is_object()) throw CommandFault("settings", where + " must be a mapping");
  for (const auto& [key, text] : value.items()) pairs.emplace_back(key, scalar_text(text, where + "." + key));
}

void read_settings(const Json& settings, CommandTemplate& command) {
  static const std::vector<std::string> known = {"repository", "directory", "python",
                                                 "weights",    "optional",  "environment",
                                                 "output",     "progress",  "stages"};
  for (const auto& [key, value] : settings.items())
    if (std::find(known.begin(), known.end(), key) == known.end())
      throw CommandFault("settings", fmt::format("the command runner has no setting '{}'", key),
                         suggestion(key, known));
  const auto text = [&](const char* key, std::string& target) {
    if (!settings.contains(key)) return;
    target = scalar_text(settings[key], std::string("settings.") + key);
    if (target.empty()) throw CommandFault("settings", fmt::format("settings.{} is empty", key));
  };
  if (settings.contains("repository")) command.repository = github_name(settings);
  text("directory", command.directory);
  text("python", command.python);
  text("output", command.output);
  command.progress = kUsualProgress;
  if (settings.contains("progress"))
    command.progress = numbered_groups(scalar_text(settings["progress"], "settings.progress"));
  if (settings.contains("weights")) read_weights(settings["weights"], command);
  if (settings.contains("optional")) read_optional(settings["optional"], command);
  if (settings.contains("environment"))
    read_pairs(settings["environment"], "settings.environment", command.environment);
  if (settings.contains("stages")) read_pairs(settings["stages"], "settings.stages", command.stages);
}

std::vector<std::string> known_placeholders(const CommandTemplate& command) {
  std::vector<std::string> known = usual_placeholders();
  for (const auto& [name, location] : command.weights)
    if (!name.empty()) known.push_back("weights." + name);
  const auto drop = [&known](const char* name) { std::erase(known, name); };
  if (!command.weights.contains("")) drop("weights");
  if (command.repository.empty() && command.directory.empty()) drop("repository");
  return known;
}

void require_placeholders(const std::string& text, const std::string& key,
                          const std::vector<std::string>& known) {
  const std::vector<std::string> parts = pieces(text, key);
  for (size_t i = 1; i < parts.size(); i += 2)
    if (std::find(known.begin(), known.end(), parts[i]) == known.end())
      throw CommandFault(
          key, fmt::format("'{}' has the unknown placeholder {{{}}}", one_line(text), one_line(parts[i])),
          suggestion(parts[i], known));
}

void check(const CommandTemplate& command) {
  const std::vector<std::string> known = known_placeholders(command);
  for (const auto& argument : command.command) require_placeholders(argument, "command", known);
  for (const auto& group : command.optional)
    for (const auto& argument : group) require_placeholders(argument, "settings", known);
  for (const auto& [name, value] : command.environment) require_placeholders(value, "settings", known);
  require_placeholders(command.output, "settings", {"output_dir", "repository", "seed"});
  if (command.command.empty() || command.command.front().find('{') != std::string::npos)
    throw CommandFault("command", "'command' must begin with a program", "a name, or a path in the checkout");
  if (!command.uses("seed"))
    throw CommandFault("command", "nothing in the command takes the seed",
                       "without it videos cannot be made again; write {seed}");
  if (!command.uses("prompt") && !command.uses("prompt_file"))
    throw CommandFault("command", "nothing in the command takes the prompt",
                       "write {prompt} or {prompt_file}");
  if (command.output.empty() && !command.uses("output"))
    throw CommandFault(
        "command", "nothing says where the video appears",
        "write {output} where the script takes a file name, or settings.output: 'results/*.mp4'");
}

}  // namespace

blobs::Reference hub_reference(const std::string& location) {
  const size_t at = location.rfind('@');
  const bool revised = at != std::string::npos && location.find('/', at) == std::string::npos;
  const std::vector<std::string> parts = split(location.substr(3, revised ? at - 3 : std::string::npos), '/');
  blobs::Reference reference{blobs::hub_host(), parts[0] + "/" + parts[1]};
  if (revised) reference.revision = location.substr(at + 1);
  reference.path = join(std::span(parts).subspan(2), "/");
  return reference;
}

bool CommandTemplate::requires_value(const std::string& placeholder) const {
  return std::any_of(command.begin(), command.end(),
                     [&](const std::string& text) { return holds(text, placeholder); }) ||
         std::any_of(environment.begin(), environment.end(),
                     [&](const auto& pair) { return holds(pair.second, placeholder); });
}

bool CommandTemplate::uses(const std::string& placeholder) const {
  const auto in = [&](const std::string& text) { return holds(text, placeholder); };
  return requires_value(placeholder) || std::any_of(optional.begin(), optional.end(), [&](const auto& group) {
           return std::any_of(group.begin(), group.end(), in);
         });
}

CommandTemplate read_command_template(const Deployment& deployment) {
  CommandTemplate command;
  command.command = deployment.command;
  read_settings(deployment.settings, command);
  check(command);
  return command;
}

void check_patterns(const CommandTemplate& command) {
  require_regex(command.progress, "settings.progress");
  for (const auto& [pattern, name] : command.stages)
    require_regex(pattern, fmt::format("'{}'", one_line(pattern)));
}

std::string fill(const std::string& text, const Values& values) {
  const std::vector<std::string> parts = pieces(text, "settings");
  std::string result = parts.front();
  for (size_t i = 1; i < parts.size(); i += 2) {
    const auto found = values.find(parts[i]);
    if (found == values.end())
      throw_input(fmt::format("there is no value for {{{}}}", parts[i]),
                  "the suite's settings or the model's `defaults` give it");
    result += found->second + parts[i + 1];
  }
  return result;
}

std::vector<std::string> fill_command(const CommandTemplate& command, const Values& values) {
  std::vector<std::string> arguments;
  for (const auto& text : command.command) arguments.push_back(fill(text, values));
  const auto known = [&](const std::string& text) {
    const std::vector<std::string> names = placeholders(text);
    return std::all_of(names.begin(), names.end(), [&](const auto& name) { return values.contains(name); });
  };
  for (const auto& group : command.optional)
    if (std::all_of(group.begin(), group.end(), known))
      for (const auto& text : group) arguments.push_back(fill(text, values));
  return arguments;
}

void make_locations_absolute(Json& settings, const fs::path& root) {
  const auto absolute = [&root](Json& value) {
    const std::string text = value.get<std::string>();
    if (!text.starts_with("hf:") && !text.starts_with("checkout:"))
      value = (root / text).lexically_normal().string();
  };
  if (settings.contains("directory")) absolute(settings["directory"]);
  if (!settings.contains("weights")) return;
  Json& weights = settings["weights"];
  if (weights.is_string()) absolute(weights);
  if (weights.is_object())
    for (auto& [name, location] : weights.items()) absolute(location);
}

}  // namespace vidbench::registry
