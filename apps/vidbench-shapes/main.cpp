#include <iostream>

#include "base/error.h"
#include "commands.h"

namespace {

int failed(const vidbench::Error& error) {
  std::cerr << "error: " << error.what() << '\n';
  if (!error.hint().empty()) std::cerr << "hint: " << error.hint() << '\n';
  return error.exit_code();
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(
      "The shapes world: a small text-to-video diffusion model, its ground truth and its evaluation "
      "networks");
  app.set_version_flag("--version", VIDBENCH_VERSION);
  app.require_subcommand(1);
  vidbench::shapes::cli::add_render(app);
  vidbench::shapes::cli::add_train(app);
  vidbench::shapes::cli::add_generate(app);
  vidbench::shapes::cli::add_check(app);
  vidbench::shapes::cli::add_worker(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  } catch (const vidbench::Error& error) {
    return failed(error);
  } catch (const std::exception& error) {
    std::cerr << "error: " << error.what() << '\n';
    return 1;
  }
  return 0;
}
