// The metric worker: without arguments it speaks the worker protocol on stdin and stdout.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "base/error.h"
#include "base/files.h"
#include "base/log.h"
#include "metrics/registry.h"
#include "metrics/service.h"

namespace {

using namespace vidbench;

void list(const metrics::Registry& registry, const std::string& format) {
  if (format == "json") {
    const Json document = {{"schema", "vidbench.metrics/1"},
                           {"metrics", metrics::Service(registry).describe_metrics()}};
    std::cout << document.dump(2) << '\n';
    return;
  }
  for (const metrics::Metric& metric : registry.metrics())
    std::cout << fmt::format("{:<26} v{}  {:<6}  {:<6}  {}{}\n", metric.info.id, metric.info.version,
                             metric.info.is_set ? "set" : "sample",
                             metric.info.higher_is_better ? "higher" : "lower", metric.info.title,
                             metric.info.unavailable.empty() ? "" : "  — " + metric.info.unavailable);
}

int serve(const metrics::Registry& registry) {
  const metrics::Service service(registry);
  workers::WorkerServer server("vidbench-eval", VIDBENCH_VERSION, {"evaluate", "reference", "encode"});
  metrics::serve_metrics(server, service);
  return server.serve();
}

int run(int argc, char** argv) {
  CLI::App app("The metric worker of vidbench: serves the worker protocol on stdin and stdout");
  app.set_version_flag("--version", std::string("vidbench-eval ") + VIDBENCH_VERSION);
  app.require_subcommand(0, 1);
  app.add_subcommand("worker", "Serve the worker protocol (what happens without a command, too)");
  auto* metrics_command = app.add_subcommand("metrics", "List the metrics that are offered");
  std::string format = "table";
  std::vector<std::string> weights;
  app.add_option("--weights-dir", weights, "A folder with official weight files; repeatable")
      ->allow_extra_args(false);
  metrics_command->add_option("--format", format, "Output format")
      ->check(CLI::IsMember({"table", "json"}))
      ->capture_default_str();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  metrics::Registry registry;
  metrics::register_builtin(registry, {resource_root(), {weights.begin(), weights.end()}});
  if (metrics_command->parsed()) {
    list(registry, format);
    return 0;
  }
  return serve(registry);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const Error& error) {
    std::cerr << "error: " << error.what() << '\n';
    if (!error.hint().empty()) std::cerr << "hint: " << error.hint() << '\n';
    return error.exit_code();
  } catch (const std::exception& error) {
    std::cerr << "error: " << error.what() << '\n';
    return 1;
  }
}
