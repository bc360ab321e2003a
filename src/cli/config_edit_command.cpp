#include <fmt/format.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "base/error.h"
#include "base/files.h"
#include "base/log.h"
#include "base/strings.h"
#include "cli/config_edit.h"
#include "config/document.h"
#include "config/edit.h"
#include "config/value.h"
#include "config/variables.h"

namespace vidbench::cli {
namespace fs = std::filesystem;
namespace {

constexpr size_t kFileLimitBytes = size_t{1} << 20;

struct Arguments {
  std::string key, value, profile;
  bool user = false, project = false, system = false;
};

// The file that is changed: where a link points, the file behind it.
fs::path target_of(const Arguments& arguments) {
  fs::path file;
  if (arguments.system) {
    file = "/etc/vidbench/config.yaml";
  } else if (arguments.project) {
    const fs::path project = config::find_places().project;
    file = project.empty() ? fs::current_path() / "vidbench.yaml" : project;
  } else {
    file = config::user_file();
  }
  std::error_code ec;
  const fs::path behind = fs::canonical(file, ec);
  return ec ? file : behind;
}

std::string content_of(const fs::path& file) {
  std::error_code ec;
  return fs::exists(file, ec) ? read_file(file, kFileLimitBytes) : "";
}

// A file may hold a password: what `model` is closed to, the written file is closed to.
void write_closed_like(const fs::path& model, const fs::path& file, const std::string& text) {
  struct stat status {};
  const bool there = ::stat(model.c_str(), &status) == 0;
  const mode_t before = ::umask(0);
  ::umask(there ? before | (~status.st_mode & 0777) : before);
  try {
    write_file_atomic(file, text);
  } catch (...) {
    ::umask(before);
    throw;
  }
  ::umask(before);
}

// A path that is typed is one from the current folder; in the file it is one from the file's.
Json as_seen_from(const config::Key& key, const Json& value, const fs::path& file) {
  const Json absolute = config::resolve_paths(key, value, fs::current_path());
  if (absolute == value) return value;
  const auto one = [&](const Json& typed, const Json& path) -> Json {
    if (!typed.is_string() || typed.get<std::string>().starts_with('~')) return typed;
    const bool store = key.type == config::Type::kStore;
    const std::string text = path.get<std::string>().substr(store ? sizeof "sqlite:" - 1 : 0);
    const std::string relative = fs::path(text).lexically_relative(file.parent_path()).string();
    const bool below = !relative.empty() && !relative.starts_with("..");
    std::string kept = below ? relative : text;
    // A program without a slash is looked for in PATH.
    if (key.type == config::Type::kProgram && kept.find('/') == std::string::npos) kept.insert(0, "./");
    return (store ? "sqlite:" : "") + kept;
  };
  if (!value.is_array()) return one(value, absolute);
  Json list = Json::array();
  for (size_t i = 0; i < value.size(); ++i) list.push_back(one(value[i], absolute[i]));
  return list;
}

std::vector<std::string> path_of(const Arguments& arguments, const config::Key& key) {
  std::vector<std::string> path;
  if (!arguments.profile.empty()) path = {"profiles", arguments.profile};
  for (const std::string& part : split(key.name, '.')) path.push_back(part);
  return path;
}

void change(const Arguments& arguments, const config::Key& key, const std::optional<std::string>& yaml) {
  const fs::path file = target_of(arguments);
  const std::string before = content_of(file);
  (void)config::parse_file(before, file.string());
  const std::string after = config::edit_yaml(before, file.string(), path_of(arguments, key), yaml);
  (void)config::parse_file(after, file.string());
  if (after == before) return log_info(fmt::format("{}: nothing to change", config::home_as_tilde(file)));
  write_closed_like(file, file, after);
  log_info(
      yaml ? fmt::format("{}: {}: {}", config::home_as_tilde(file), key.name, config::without_password(*yaml))
           : fmt::format("{}: {} is taken out", config::home_as_tilde(file), key.name));
}

// Where something that counts more says otherwise.
void tell_what_counts(const config::Key& key, const Arguments& arguments) {
  try {
    const auto settings =
        config::Settings::load(config::find_places(), arguments.profile, config::current_environment());
    const config::Origin& origin = settings.at(key.name).origin;
    const config::Layer own = arguments.system    ? config::Layer::kSystem
                              : arguments.project ? config::Layer::kProject
                                                  : config::Layer::kUser;
    if (origin.layer > own || (origin.profile != arguments.profile && !origin.profile.empty()))
      log_warning(fmt::format("{} counts more: {}", origin.text(), settings.shown(key)));
  } catch (const Error& e) {
    log_warning(e.what());
  }
}

void set(const Arguments& arguments) {
  const config::Key& key = config::require_key(arguments.key);
  const Json typed = config::parse_value(key, arguments.value, "the value");
  const Json value = as_seen_from(key, typed, target_of(arguments));
  change(arguments, key, config::value_yaml(value));
  tell_what_counts(key, arguments);
}

void unset(const Arguments& arguments) {
  change(arguments, config::require_key(arguments.key), std::nullopt);
}

// The user's editor may be a command with options, so a shell starts it, as with other programs that do.
void open_editor(const fs::path& file) {
  std::string editor = "vi";
  for (const char* name : {"EDITOR", "VISUAL"})
    if (const char* value = std::getenv(name); value != nullptr && *value != '\0') editor = value;
  std::string script = "exec " + editor + " \"$1\"", shell = "sh", option = "-c", path = file.string();
  std::array<char*, 6> arguments = {shell.data(), option.data(), script.data(),
                                    shell.data(), path.data(),   nullptr};
  pid_t child = 0;
  const int failure = ::posix_spawn(&child, "/bin/sh", nullptr, nullptr, arguments.data(), environ);
  if (failure != 0) throw_environment(fmt::format("cannot start a shell: {}", std::strerror(failure)));
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    throw_environment(fmt::format("the editor '{}' failed; nothing is changed", one_line(editor)),
                      fmt::format("set VISUAL or EDITOR; what was typed is in {}", file.string()));
}

// The text is edited in a file of its own beside the configuration, which takes its place when it is sound;
// until then the next call goes on with it.
void edit(const Arguments& arguments) {
  const fs::path file = target_of(arguments);
  const fs::path draft = file.parent_path() / (file.stem().string() + ".edit.yaml");
  const std::string before = content_of(file);
  std::error_code ec;
  const bool goes_on = fs::exists(draft, ec);
  if (goes_on)
    log_info(fmt::format("going on with {}", draft.string()));
  else
    write_closed_like(file, draft, before.empty() ? config::empty_file() : before);
  open_editor(draft);
  const std::string after = read_file(draft, kFileLimitBytes);
  try {
    (void)config::parse_file(after, draft.string());
  } catch (const Error& e) {
    throw_input(e.what(), fmt::format("{}{}{} is as it was; `vidbench config edit` goes on with the draft",
                                      e.hint(), e.hint().empty() ? "" : "; ", file.string()));
  }
  if (after == before || (before.empty() && after == config::empty_file())) {
    log_info(fmt::format("{}: nothing was changed", file.string()));
  } else {
    write_closed_like(file, file, after);
    log_info(fmt::format("{}: written", file.string()));
  }
  fs::remove(draft, ec);
}

void add_target(CLI::App& command, const std::shared_ptr<Arguments>& arguments) {
  auto* user = command.add_flag("--user", arguments->user, "the user's file (the default)");
  auto* project = command.add_flag("--project", arguments->project,
                                   "the project's vidbench.yaml, made here where none is");
  auto* system = command.add_flag("--system", arguments->system, "the machine's file in /etc");
  user->excludes(project)->excludes(system);
  project->excludes(system);
}

void add_change(CLI::App& command, const std::shared_ptr<Arguments>& arguments) {
  command.add_option("key", arguments->key, "run.workers, …")->required();
  add_target(command, arguments);
  command.add_option("--in-profile", arguments->profile, "the value that counts with --profile NAME");
}

}  // namespace

void add_config_changes(CLI::App& config_command, Context&) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* set_command =
      config_command.add_subcommand("set", "write a value into a file; comments and order stay");
  add_change(*set_command, arguments);
  set_command->add_option("value", arguments->value, "the value; lists as a,b or [a, b]")->required();
  set_command->callback([arguments] { set(*arguments); });
  CLI::App* unset_command = config_command.add_subcommand("unset", "take a value out of a file");
  add_change(*unset_command, arguments);
  unset_command->callback([arguments] { unset(*arguments); });
  CLI::App* edit_command =
      config_command.add_subcommand("edit", "open a file in $VISUAL or $EDITOR and check it");
  add_target(*edit_command, arguments);
  edit_command->callback([arguments] { edit(*arguments); });
}

}  // namespace vidbench::cli
