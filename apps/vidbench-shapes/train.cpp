#include <memory>

#include "commands.h"
#include "shapes/trainer.h"
#include "shapes/worker.h"

namespace vidbench::shapes::cli {

void add_train(CLI::App& app) {
  auto* command = app.add_subcommand("train", "Train a network of the shapes world from a recipe");
  struct Arguments {
    std::string recipe;
    TrainOptions options;
  };
  auto arguments = std::make_shared<Arguments>();
  command->add_option("recipe", arguments->recipe, "YAML file")->required()->check(CLI::ExistingFile);
  command->add_option("--out", arguments->options.out, "Folder for weights, checkpoint and log")->required();
  command->add_flag("--resume", arguments->options.resume, "Go on from the folder's checkpoint");
  command->add_option("--device", arguments->options.device, "Where to compute")
      ->check(CLI::IsMember({"cpu", "cuda"}))
      ->capture_default_str();
  command->add_option("--steps", arguments->options.steps, "Instead of the recipe's number of steps")
      ->check(CLI::PositiveNumber);
  command->callback([arguments] { train(load_recipe(arguments->recipe), arguments->options); });
}

void add_worker(CLI::App& app) {
  auto* command = app.add_subcommand("worker", "Speak the worker protocol on stdin and stdout");
  command->callback([] {
    if (const int code = run_worker(); code != 0) throw CLI::RuntimeError(code);
  });
}

}  // namespace vidbench::shapes::cli
