#include <CLI/CLI.hpp>
#include <iostream>

#include "base/error.h"
#include "shapes/trainer.h"

namespace {

void add_train(CLI::App& app) {
  auto* command = app.add_subcommand("train", "Train a network of the shapes world from a recipe");
  struct Arguments {
    std::string recipe;
    vidbench::shapes::TrainOptions options;
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
  command->callback([arguments] {
    vidbench::shapes::train(vidbench::shapes::load_recipe(arguments->recipe), arguments->options);
  });
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("The shapes world: a small text-to-video diffusion model and its ground truth");
  app.require_subcommand(1);
  add_train(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? 0 : 2;
  } catch (const vidbench::Error& error) {
    std::cerr << "error: " << error.what() << '\n';
    if (!error.hint().empty()) std::cerr << "hint: " << error.hint() << '\n';
    return error.exit_code();
  } catch (const std::exception& error) {
    std::cerr << "error: " << error.what() << '\n';
    return 1;
  }
  return 0;
}
