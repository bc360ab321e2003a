// What every command shares: where results live, how they are printed.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "config/settings.h"
#include "report/table.h"
#include "store/store.h"

namespace vidbench::cli {

struct Context {
  std::string store_url;                  // "" = the default
  std::vector<std::string> command_line;  // as typed
  int exit_code = 0;                      // set by a command that ends with failed samples
  std::optional<config::Settings> settings;
  std::optional<Error> settings_error;  // why there are none

  [[nodiscard]] std::string effective_store_url() const;
  // Throws why the configuration is not sound.
  [[nodiscard]] const config::Settings& configuration() const;
  [[nodiscard]] std::unique_ptr<store::Store> open_store() const;
};

// --format with these choices (the first is the default); --store.
void add_format_option(CLI::App& command, std::string& format, std::vector<std::string> choices);
void add_store_option(CLI::App& command, Context& context);
// --quiet, -q.
void add_quiet_flag(CLI::App& command, bool& quiet);

// Results go to stdout, everything else to stderr.
void print(const std::string& text);
void print_json(const Json& json);

// By the setting `colour`, else by NO_COLOR, CLICOLOR_FORCE, CLICOLOR, TERM and whether it is a terminal.
[[nodiscard]] bool wants_colour(const std::string& configured, bool terminal);
[[nodiscard]] report::TerminalStyle stdout_style();
[[nodiscard]] bool stderr_is_terminal();
[[nodiscard]] std::filesystem::path default_runs_directory();
// Where the metric worker looks for official weights, beside <data folder>/weights.
struct WeightsOptions {
  std::vector<std::string> folders;
  bool unverified = false;  // also files that are not the official ones
};
// --weights-dir, --unverified-weights.
void add_weights_options(CLI::App& command, WeightsOptions& options);
// The metric worker: `command` split at spaces, or vidbench-eval beside this program with these weights and
// these arguments.
[[nodiscard]] std::vector<std::string> evaluator_command(const std::string& command,
                                                         const WeightsOptions& weights = {},
                                                         const std::vector<std::string>& arguments = {});
// "a,b" and repeated options → {"a", "b"}
[[nodiscard]] std::vector<std::string> split_lists(const std::vector<std::string>& values);

// Each adds its subcommand. `context` outlives `app`.
void add_run_commands(CLI::App& app, Context& context);  // run, resume
void add_batch_command(CLI::App& app, Context& context);
void add_score_command(CLI::App& app, Context& context);
void add_merge_command(CLI::App& app, Context& context);
void add_runs_command(CLI::App& app, Context& context);
void add_leaderboard_command(CLI::App& app, Context& context);
void add_publish_command(CLI::App& app, Context& context);
void add_compare_command(CLI::App& app, Context& context);
void add_export_command(CLI::App& app, Context& context);
void add_import_command(CLI::App& app, Context& context);
void add_models_command(CLI::App& app, Context& context);
void add_metrics_command(CLI::App& app, Context& context);
void add_vbench_command(CLI::App& app, Context& context);
void add_store_command(CLI::App& app, Context& context);
void add_weights_command(CLI::App& app, Context& context);
void add_suites_command(CLI::App& app, Context& context);
void add_environments_command(CLI::App& app, Context& context);
void add_config_command(CLI::App& app, Context& context);
void add_catalogues_command(CLI::App& app, Context& context);
void add_doctor_command(CLI::App& app, Context& context);
void add_completion_commands(CLI::App& app, Context& context);  // completion, man

}  // namespace vidbench::cli
