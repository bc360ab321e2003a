// The metric worker: without arguments it speaks the worker protocol on stdin and stdout.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>

#include "audit.h"
#include "base/error.h"
#include "base/files.h"
#include "base/log.h"
#include "base/strings.h"
#include "engine/video_folder.h"
#include "media/reader.h"
#include "metrics/registry.h"
#include "metrics/service.h"
#include "metrics/threads.h"
#include "metrics/true_videos.h"
#include "report/table.h"

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

int serve(const metrics::Registry& registry, size_t at_once) {
  const metrics::Service service(registry, at_once);
  workers::WorkerServer server("vidbench-eval", VIDBENCH_VERSION, {"evaluate", "reference", "encode"});
  metrics::serve_metrics(server, service);
  return server.serve();
}

struct AuditArguments {
  std::string videos, format = "table";
  std::vector<std::string> metrics;
  int count = 24, frames = 48, threads = 0;
};

// The first clips of a folder as they are, without prompts.
std::vector<AuditVideo> clips_of(const AuditArguments& arguments) {
  auto files = engine::find_videos(arguments.videos);
  files.resize(std::min(files.size(), static_cast<size_t>(arguments.count)));
  const media::SamplePolicy first{media::SamplePolicy::Kind::kFirst, static_cast<size_t>(arguments.frames)};
  std::vector<AuditVideo> videos;
  for (const auto& file : files) videos.push_back({media::read_video(file.path, {}, first), "", ""});
  return videos;
}

std::vector<const metrics::Metric*> metrics_to_audit(const metrics::Registry& registry,
                                                     const AuditArguments& arguments) {
  std::vector<const metrics::Metric*> chosen;
  for (const std::string& list : arguments.metrics)
    for (const std::string& id : split(list, ',')) chosen.push_back(&registry.metric(id));
  if (!chosen.empty()) return chosen;
  for (const metrics::Metric& metric : registry.metrics())
    if (metric.info.unavailable.empty() &&
        (arguments.videos.empty() || !metric.info.id.starts_with("shapes/")))
      chosen.push_back(&metric);
  return chosen;
}

void run_audit(const metrics::Registry& registry, const AuditArguments& arguments) {
  metrics::set_threads(arguments.threads);
  const auto metrics = metrics_to_audit(registry, arguments);
  std::vector<AuditVideo> videos;
  std::vector<media::Video> references;
  if (arguments.videos.empty()) {
    for (auto& truth : metrics::true_videos(arguments.count, 1))
      videos.push_back({std::move(truth.video), truth.caption, truth.wrong_caption});
    for (auto& truth : metrics::true_videos(4 * arguments.count, 2))
      references.push_back(std::move(truth.video));
  } else {
    videos = clips_of(arguments);
    for (const AuditVideo& one : videos) references.push_back(one.video);
  }
  const Audit result = audit(registry, metrics, videos, references,
                             [](const std::string& what) { log_info("auditing: " + what); });
  if (arguments.format == "json")
    std::cout << to_json(result).dump(2) << '\n';
  else if (arguments.format == "md")
    std::cout << report::draw_markdown(audit_table(result));
  else
    std::cout
        << report::draw_terminal(audit_table(result), {.width = 200}).text
        << "Rank correlation of rising corruption with what the metric calls worse, over " << result.videos
        << " videos: +1 every step is worse, 0 it is blind, -1 it likes the corruption; – it cannot judge.\n";
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
  bool unverified = false;
  app.add_flag("--unverified-weights", unverified,
               "Take weight files that are not the official ones, too; their metrics are marked");
  metrics::Compute compute;
  app.add_option("--precision", compute.precision,
                 "Of the official networks: float32, bfloat16 or float16 (CUDA)")
      ->capture_default_str();
  app.add_option("--device", compute.device, "Of the official networks: cpu, cuda or cuda:1")
      ->capture_default_str();
  size_t at_once = 1;
  app.add_option("--batch", at_once, "How many videos the networks of clips look at together")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  metrics_command->add_option("--format", format, "Output format")
      ->check(CLI::IsMember({"table", "json"}))
      ->capture_default_str();
  AuditArguments audit_arguments;
  auto* audit_command =
      app.add_subcommand("audit", "Corrupt videos in rising strength, and see which metrics notice");
  audit_command->add_option(
      "videos", audit_arguments.videos,
      "Real clips: a folder, searched through, or one file (default: videos of the embedded world)");
  audit_command->add_option("--metrics", audit_arguments.metrics,
                            "Metric ids, separated by commas (default: all)");
  audit_command->add_option("--count", audit_arguments.count, "Videos")->check(CLI::Range(3, 1000));
  audit_command->add_option("--frames", audit_arguments.frames, "Frames of each clip")
      ->check(CLI::Range(2, 10000));
  audit_command->add_option("--threads", audit_arguments.threads, "CPU threads (0: the runtime's choice)")
      ->check(CLI::Range(0, 4096));
  audit_command->add_option("--format", audit_arguments.format, "Output format")
      ->check(CLI::IsMember({"table", "json", "md"}))
      ->capture_default_str();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  metrics::Registry registry;
  metrics::register_builtin(registry,
                            {resource_root(), {weights.begin(), weights.end()}, compute, unverified});
  if (metrics_command->parsed()) {
    list(registry, format);
    return 0;
  }
  if (audit_command->parsed()) {
    run_audit(registry, audit_arguments);
    return 0;
  }
  return serve(registry, at_once);
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
