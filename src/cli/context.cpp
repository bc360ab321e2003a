#include "cli/context.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "base/error.h"
#include "base/files.h"
#include "base/strings.h"
#include "base/variable.h"

namespace vidbench::cli {

std::string Context::effective_store_url() const {
  return store_url.empty() ? store::default_store_url() : store_url;
}

const config::Settings& Context::configuration() const {
  if (settings_error) throw Error(*settings_error);
  return settings.value();
}

std::unique_ptr<store::Store> Context::open_store() const { return store::open_store(effective_store_url()); }

void add_format_option(CLI::App& command, std::string& format, std::vector<std::string> choices) {
  format = choices.front();
  command.add_option("--format", format, "output format")
      ->check(CLI::IsMember(std::move(choices)))
      ->capture_default_str();
}

void add_quiet_flag(CLI::App& command, bool& quiet) { command.add_flag("--quiet,-q", quiet, "no progress"); }

void add_store_option(CLI::App& command, Context& context) {
  command.add_option("--store", context.store_url,
                     "where results live: sqlite:PATH (default: $VIDBENCH_STORE, else the data folder)");
}

void print(const std::string& text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0)
    throw_environment("cannot write to standard output");
}

void print_json(const Json& json) { print(document(json) + "\n"); }

bool wants_colour(const std::string& configured, bool terminal) {
  if (configured == "always" || configured == "never") return configured == "always";
  if (!variable("NO_COLOR").empty()) return false;
  if (const std::string force = variable("CLICOLOR_FORCE"); !force.empty() && force != "0") return true;
  return terminal && variable("TERM") != "dumb" && variable("CLICOLOR") != "0";
}

report::TerminalStyle stdout_style() {
  report::TerminalStyle style;
  style.colour = wants_colour(variable("VIDBENCH_COLOUR"), isatty(STDOUT_FILENO) == 1);
  if (isatty(STDOUT_FILENO) == 1) {
    winsize size{};
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) style.width = size.ws_col;
  } else if (const std::string columns = variable("COLUMNS"); !columns.empty()) {
    style.width = std::max(40UL, std::strtoul(columns.c_str(), nullptr, 10));
  } else {
    style.width = 160;  // a file or a pipe: nothing needs to be dropped
  }
  return style;
}

bool stderr_is_terminal() { return isatty(STDERR_FILENO) == 1 && variable("TERM") != "dumb"; }

std::filesystem::path default_runs_directory() { return data_home() / "runs"; }

void add_weights_options(CLI::App& command, WeightsOptions& options) {
  command.add_option("--weights-dir", options.folders, "a folder with official weight files; repeatable")
      ->type_name("FOLDER")
      ->allow_extra_args(false);
  command.add_flag("--unverified-weights", options.unverified,
                   "take weight files that are not the official ones, too; the numbers are marked");
}

std::vector<std::string> evaluator_command(const std::string& command, const WeightsOptions& weights,
                                           const std::vector<std::string>& arguments) {
  if (!command.empty()) return split(command, ' ');
  std::vector<std::string> words = {(executable_directory() / "vidbench-eval").string()};
  for (const auto& folder : weights.folders) {
    if (!std::filesystem::is_directory(folder)) throw_input("--weights-dir " + folder + " is not a folder");
    words.insert(words.end(), {"--weights-dir", std::filesystem::absolute(folder).string()});
  }
  words.insert(words.end(), {"--weights-dir", (data_home() / "weights").string()});
  if (weights.unverified) words.emplace_back("--unverified-weights");
  words.insert(words.end(), arguments.begin(), arguments.end());
  return words;
}

std::vector<std::string> split_lists(const std::vector<std::string>& values) {
  std::vector<std::string> all;
  for (const auto& value : values)
    for (const auto& part : split(value, ','))
      if (const std::string name = trim(part); !name.empty()) all.push_back(name);
  return all;
}

}  // namespace vidbench::cli
