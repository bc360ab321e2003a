#include "cli/context.h"
#include "cli/run_output.h"

namespace vidbench::cli {

void add_leaderboard_command(CLI::App& app, Context& context) {
  struct Arguments {
    std::string run = "last", profile;
    Output output;
  };
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand("leaderboard", "the ranking of a run, also while it is in progress");
  command->add_option("run", arguments->run, "run id, a unique beginning of it, or last")
      ->capture_default_str();
  command->add_option("--profile", arguments->profile,
                      "score profile: quality, balanced or realtime (default: the suite's)");
  add_output_options(*command, arguments->output);
  add_store_option(*command, context);
  command->callback([arguments, &context] {
    auto store = context.open_store();
    print_leaderboard(*store, store->run(arguments->run).id, arguments->profile, arguments->output, false);
  });
}

}  // namespace vidbench::cli
