#include "cli/context.h"
#include "cli/run_output.h"
#include "report/leaderboard_text.h"
#include "report/publish.h"

namespace vidbench::cli {

void add_leaderboard_command(CLI::App& app, Context& context) {
  struct Arguments {
    std::string run = "last", profile, suite;
    bool published = false;
    Output output;
  };
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command =
      app.add_subcommand("leaderboard", "the ranking of a run, also in progress, or of what is published");
  command->add_option("run", arguments->run, "run id, a unique beginning of it, or last")
      ->capture_default_str();
  command->add_option("--profile", arguments->profile,
                      "score profile: quality, balanced or realtime (default: the suite's)");
  command->add_flag("--published", arguments->published,
                    "of all results that were published, whatever their runs");
  command->add_option("--suite", arguments->suite, "with --published: of this suite (default: the newest)")
      ->needs("--published");
  add_output_options(*command, arguments->output);
  add_store_option(*command, context);
  command->callback([arguments, &context] {
    auto store = context.open_store();
    if (!arguments->published)
      return print_leaderboard(*store, store->run(arguments->run).id, arguments->profile, arguments->output,
                               false);
    const auto board = report::published_leaderboard(*store, arguments->suite, arguments->profile);
    arguments->output.show(report::leaderboard_view(board, {stdout_style(), {}}));
  });
}

}  // namespace vidbench::cli
