#include <fmt/format.h>

#include "base/log.h"
#include "cli/context.h"
#include "report/publish.h"

namespace vidbench::cli {
namespace {

struct PublishArguments {
  std::string run;
  std::vector<std::string> models;
  bool withdraw = false;
};

void publish(const PublishArguments& arguments, Context& context) {
  auto store = context.open_store();
  const auto data = report::load_run_data(*store, arguments.run, false);
  std::vector<std::string> models = split_lists(arguments.models);
  if (models.empty())
    for (const auto& model : data.models) models.push_back(model.model);
  for (const std::string& model : models) {
    if (arguments.withdraw) {
      store->withdraw(data.run.id, model);
      log_info(fmt::format("{} of run {} is withdrawn", model, data.run.id));
      continue;
    }
    const auto publication = report::publish(*store, data.run.id, model);
    log_info(fmt::format("{} of run {} is published — vidbench leaderboard --published --suite {}", model,
                         data.run.id, publication.suite));
  }
}

}  // namespace

void add_publish_command(CLI::App& app, Context& context) {
  auto arguments = std::make_shared<PublishArguments>();
  CLI::App* command =
      app.add_subcommand("publish", "put a run's results on the public leaderboard of its suite");
  command->add_option("run", arguments->run, "run id, a unique beginning of it, or last")->required();
  command->add_option("--model,-m", arguments->models,
                      "models, separated by commas (default: all of the run)");
  command->add_flag("--withdraw", arguments->withdraw, "take them off again");
  add_store_option(*command, context);
  command->callback([arguments, &context] { publish(*arguments, context); });
}

}  // namespace vidbench::cli
