#include "cli/export_bundle.h"

#include <fmt/format.h>

#include "base/log.h"
#include "base/strings.h"
#include "bundle/export.h"
#include "cli/run_output.h"
#include "cli/signals.h"
#include "report/html_report.h"

namespace vidbench::cli {
namespace {

bundle::ExportOptions options_of(const BundleArguments& arguments) {
  bundle::ExportOptions options;
  if (arguments.previews) options.videos = bundle::Videos::kPreviews;
  if (arguments.no_videos) options.videos = bundle::Videos::kNone;
  options.logs = arguments.logs;
  options.prompts = arguments.prompts;
  return options;
}

// The report as it may leave this machine.
std::string report_for(store::Store& store, const std::string& run, const bundle::ExportOptions& options) {
  report::RunReport content = report::build_run_report(store, run);
  auto videos = options.videos == bundle::Videos::kNone ? std::vector<report::PreviewVideo>{}
                                                        : preview_videos(store, run);
  if (!options.prompts && bundle::has_private_prompts(content.manifest)) {
    content.manifest.erase("prompts");
    for (auto& video : videos) video.prompt_text.clear();
  }
  if (!options.logs)
    for (auto& failed : content.failures) failed.failure.log_tail.clear();
  return report::render_html(content, videos);
}

}  // namespace

void add_bundle_options(CLI::App& command, BundleArguments& arguments) {
  CLI::Option* bundle =
      command
          .add_option(
              "--bundle", arguments.path,
              "write the whole run as a tar.zst for 'vidbench import': manifest, results, videos, report")
          ->type_name("FILE");
  command.add_flag("--no-videos", arguments.no_videos, "a bundle without videos")->needs(bundle);
  command.add_flag("--previews", arguments.previews, "a bundle with the report's small videos alone")
      ->needs(bundle);
  command.add_flag("--logs", arguments.logs, "a bundle with the workers' logs")->needs(bundle);
  command
      .add_flag("--keep-prompts", arguments.prompts,
                "a bundle with the prompts of a private suite, where the run kept them")
      ->needs(bundle);
}

void write_bundle(store::Store& store, const std::string& run, const BundleArguments& arguments) {
  const bundle::ExportOptions options = options_of(arguments);
  const std::vector<std::pair<std::string, std::string>> texts = {
      {bundle::kLeaderboardName, document(report::to_json(report::build_leaderboard(store, run))) + "\n"},
      {bundle::kReportName, report_for(store, run, options)}};
  const StopOnSignal signals;
  const bundle::Export result =
      bundle::export_bundle(store, run, options, texts, arguments.path, signals.token());
  for (const std::string& line : result.left_out) log_warning(line + ": left out");
  log_info(fmt::format("wrote {}: {} files ({} unpacked), digest {:.12}", arguments.path,
                       result.index.files.size(), human_bytes(result.index.total_bytes()),
                       result.index.digest()));
}

}  // namespace vidbench::cli
