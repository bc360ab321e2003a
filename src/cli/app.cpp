#include "cli/app.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <exception>

#include "base/error.h"
#include "base/log.h"
#include "cli/command_help.h"
#include "cli/completion.h"
#include "cli/configuration.h"
#include "cli/context.h"
#include "cli/option_table.h"
#include "engine/manifest.h"

namespace vidbench::cli {
namespace {

void add_commands(CLI::App& app, Context& context) {
  add_run_commands(app, context);
  add_batch_command(app, context);
  add_score_command(app, context);
  add_merge_command(app, context);
  add_leaderboard_command(app, context);
  add_publish_command(app, context);
  add_compare_command(app, context);
  add_export_command(app, context);
  add_import_command(app, context);
  add_runs_command(app, context);
  add_models_command(app, context);
  add_metrics_command(app, context);
  add_vbench_command(app, context);
  add_weights_command(app, context);
  add_store_command(app, context);
  add_suites_command(app, context);
  add_environments_command(app, context);
  add_config_command(app, context);
  add_catalogues_command(app, context);
  add_doctor_command(app, context);
  add_completion_commands(app, context);
}

// Global options stand here for --help and completion; take_profile() takes them out of the words before.
void add_global_options(CLI::App& app, std::string& profile) {
  app.add_option("--profile", profile, "a profile of the configuration (also: $VIDBENCH_PROFILE)");
}

void parse(CLI::App& app, std::vector<std::string> words) {
  std::reverse(words.begin(), words.end());  // as CLI11 wants them
  app.parse(std::move(words));
}

void print_help(const CLI::App& app) {
  const CommandEntry top = option_table(app);
  print(command_help(typed_commands(app, top), std::min<size_t>(stdout_style().width, 100)));
}

int report_error(const std::string& message, const std::string& hint, ErrorCode code) {
  log(LogLevel::kError, hint.empty() ? message : fmt::format("{} — {}", message, hint));
  return static_cast<int>(code);
}

}  // namespace

int run_app(int argc, char** argv) {
  CLI::App app(
      "vidbench, the Video Diffusion Benchmark Suite: generate, score, profile and rank video models",
      "vidbench");
  Context context;
  context.command_line.assign(argv, argv + argc);
  app.set_help_flag("-h,--help", "this text");
  app.set_version_flag("--version", std::string("vidbench ") + engine::kVersion, "the version");
  app.require_subcommand(0, 1);
  app.option_defaults()->always_capture_default(false);
  std::string profile;
  try {
    add_global_options(app, profile);
    add_commands(app, context);
    const std::span<const std::string> words = std::span(context.command_line).subspan(1);
    const GlobalWords global = take_profile({words.begin(), words.end()});
    load_configuration(context, global.profile);
    if (!needs_no_configuration(global.words)) {
      configure_options(app, context.configuration());
      warn_of_variables();
    }
    // For the shells' scripts. Its words may be anything, so the parser does not see them.
    if (words.size() > 1 && words[0] == "complete" && words[1] == "--") {
      for (const std::string& word : completions(option_table(app), words.subspan(2))) print(word + "\n");
      return 0;
    }
    parse(app, global.words);
    if (app.get_subcommands().empty()) print_help(app);
    return context.exit_code;
  } catch (const CLI::CallForHelp&) {
    print_help(app);
    return 0;
  } catch (const CLI::CallForVersion& e) {
    return app.exit(e);
  } catch (const CLI::ParseError& e) {
    const Error refusal = usage_error(e, app, option_table(app));
    return report_error(refusal.what(), refusal.hint(), refusal.code());
  } catch (const Error& e) {
    return report_error(e.what(), e.hint(), e.code());
  } catch (const std::exception& e) {
    return report_error(fmt::format("internal error: {}", e.what()), "please report it",
                        ErrorCode::kInternal);
  }
}

}  // namespace vidbench::cli
