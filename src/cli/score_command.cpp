// vidbench score: metrics of videos that are already there.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "base/error.h"
#include "base/files.h"
#include "base/log.h"
#include "base/strings.h"
#include "base/time.h"
#include "cli/context.h"
#include "cli/signals.h"
#include "cli/status_line.h"
#include "engine/scoring.h"
#include "engine/video_folder.h"
#include "report/format.h"
#include "report/video_scores.h"
#include "workers/measurements.h"

namespace vidbench::cli {
namespace {

struct Arguments {
  std::string videos, reference, paired, prompts, format, output, evaluator;
  std::vector<std::string> metrics, weights;
  int threads = 0;
  bool allow_small_sample = false, no_cache = false, quiet = false;
};

using Videos = std::vector<store::VideoMeasurements>;

// The share that is done.
class ScoringView {
 public:
  ScoringView(std::string what, bool quiet) : what_(std::move(what)), line_(stderr_is_terminal(), quiet) {
    line_.wait();
  }
  void show(const engine::ScoringProgress& progress) {
    line_.show([&] {
      return fmt::format("{}: {} of {} videos, {} failed{}", what_, progress.done, progress.total,
                         progress.failed, left(progress));
    });
  }

 private:
  [[nodiscard]] std::string left(const engine::ScoringProgress& progress) const {
    const size_t measured = progress.done - progress.from_cache;
    if (measured == 0) return "";
    const double each_s = seconds_since(start_ns_) / static_cast<double>(measured);
    return fmt::format(", about {} left",
                       human_duration(each_s * static_cast<double>(progress.total - progress.done)));
  }

  std::string what_;
  StatusLine line_;
  int64_t start_ns_ = monotonic_ns();
};

// What can be computed with what was given; without --metrics all of it but the shapes world's.
std::vector<store::MetricInfo> choose(const Arguments& arguments,
                                      const std::vector<store::MetricInfo>& offered, const Videos& videos) {
  const bool prompts =
      std::any_of(videos.begin(), videos.end(), [](const auto& v) { return !v.prompt.empty(); });
  const auto lacks = [&](const store::MetricInfo& metric) -> std::string {
    if (!metric.unavailable.empty()) return metric.unavailable;
    if (store::needs(metric, "reference") && arguments.reference.empty()) return "it needs --reference REAL";
    if (store::needs(metric, "paired") && arguments.paired.empty()) return "it needs --paired OTHER";
    if (store::needs(metric, "prompt") && !prompts) return "it needs --prompts FILE";
    return "";
  };
  const auto names = split_lists(arguments.metrics);
  std::vector<store::MetricInfo> chosen;
  if (!names.empty()) {
    chosen = workers::choose_metrics(offered, names);
    for (const auto& metric : chosen) {
      const std::string problem = lacks(metric);
      if (problem.empty()) continue;
      const auto code = metric.unavailable.empty() ? ErrorCode::kInput : ErrorCode::kEnvironment;
      throw Error(code, fmt::format("metric '{}' cannot be computed: {}", metric.id, problem));
    }
    return chosen;
  }
  std::copy_if(offered.begin(), offered.end(), std::back_inserter(chosen), [&](const auto& metric) {
    return !metric.id.starts_with("shapes/") && lacks(metric).empty();
  });
  return chosen;
}

void refuse_small_samples(const std::vector<store::MetricInfo>& metrics, const Videos& videos,
                          const Videos& reference) {
  for (const auto& metric : metrics) {
    const bool compared = store::needs(metric, "reference");
    const size_t least = compared ? std::min(videos.size(), reference.size()) : videos.size();
    if (least < static_cast<size_t>(metric.minimum_videos))
      throw_input(fmt::format("metric '{}' needs at least {} videos a set, and there are {}{}", metric.id,
                              metric.minimum_videos, videos.size(),
                              compared ? fmt::format(" and {} reference videos", reference.size()) : ""),
                  "add videos, or take the number for what it is with --allow-small-sample");
  }
}

std::vector<store::MetricInfo> compared(const std::vector<store::MetricInfo>& metrics) {
  std::vector<store::MetricInfo> result;
  std::set<std::string> features;
  for (const auto& metric : metrics)
    if (metric.is_set && store::needs(metric, "reference") && features.insert(metric.features).second)
      result.push_back(metric);
  return result;
}

constexpr std::array<std::string_view, 5> kPlayable = {".mp4", ".m4v", ".webm", ".ogv", ".mov"};

// Where a page beside `output` finds the videos: those that a browser plays where they lie, of the others
// small copies in a folder beside the page.
report::VideoLinks link_videos(workers::Evaluator& evaluator, const Videos& videos,
                               const std::filesystem::path& output) {
  namespace fs = std::filesystem;
  const fs::path page = fs::absolute(output);
  const fs::path copies = page.parent_path() / (page.stem().string() + "-videos");
  report::VideoLinks links;
  std::map<std::string, fs::path> copied;
  std::vector<workers::EncodeRequest> requests;
  for (const auto& video : videos) {
    if (video.failure) continue;
    const fs::path path = fs::absolute(video.path);
    if (std::find(kPlayable.begin(), kPlayable.end(), path.extension().string()) != kPlayable.end()) {
      links[video.file] = report::escape_url_path(path.lexically_relative(page.parent_path()).string());
      continue;
    }
    const std::string name = fmt::format("{:05}.mp4", requests.size());
    copied[video.file] = copies / name;
    requests.push_back({video.file, path, copies / name, 1});
  }
  if (requests.empty()) return links;
  fs::create_directories(copies);
  const auto failures = evaluator.encode(requests);
  for (const auto& [file, copy] : copied) {
    const auto failure = failures.find(file);
    if (failure == failures.end())
      links[file] = report::escape_url_path((copies.filename() / copy.filename()).string());
    else
      log_warning(fmt::format("no copy of {} for the page: {}", one_line(file), failure->second.message));
  }
  return links;
}

void write_page(const report::VideoScores& scores, workers::Evaluator& evaluator,
                const Arguments& arguments) {
  const report::VideoLinks links = link_videos(evaluator, scores.videos, arguments.output);
  const std::string name = std::filesystem::absolute(arguments.videos).lexically_normal().filename().string();
  write_file_atomic(arguments.output,
                    report::render_html(scores, name.empty() ? arguments.videos : name, links));
  log_info("written: " + arguments.output);
}

void print_scores(const report::VideoScores& scores, const Arguments& arguments) {
  if (arguments.format == "json") return print_json(report::to_json(scores));
  if (arguments.format == "csv") return print_table(report::videos_table(scores), "csv");
  print_table(report::metrics_table(scores), arguments.format);
  const report::Coverage coverage = report::coverage(scores.videos);
  log_info(
      fmt::format("{} of {} videos scored, {} failed", coverage.scored, coverage.found, coverage.failed));
}

void tell_failures(const Videos& videos) {
  for (const auto& video : videos)
    if (video.failure) log_warning(fmt::format("{}: {}", one_line(video.file), video.failure->message));
}

void score(const Arguments& arguments, Context& context) {
  if ((arguments.format == "html") == arguments.output.empty())
    throw_input("--format html and --output FILE belong together",
                "vidbench score VIDEOS --format html -o page.html");
  report::VideoScores scores;
  scores.videos = engine::find_videos(arguments.videos);
  if (!arguments.prompts.empty()) engine::read_prompts(arguments.prompts, scores.videos);
  if (!arguments.paired.empty()) engine::pair_videos(engine::find_videos(arguments.paired), scores.videos);
  if (!arguments.reference.empty()) scores.reference = engine::find_videos(arguments.reference);
  auto store = context.open_store();
  const std::filesystem::path log = default_cache_directory() / "score" / "vidbench-eval.log";
  std::filesystem::create_directories(log.parent_path());
  const StopOnSignal signals;
  workers::Evaluator evaluator(evaluator_command(arguments.evaluator, arguments.weights),
                               {.log_path = log, .threads = arguments.threads});
  const auto metrics = choose(arguments, evaluator.start(), scores.videos);
  if (metrics.empty())
    throw_input("no metric can be computed with what was given", "name one with --metrics");
  if (!arguments.allow_small_sample) refuse_small_samples(metrics, scores.videos, scores.reference);
  const engine::ScoringOptions options{.use_cache = !arguments.no_cache, .digests = cache_home() / "digests"};
  const auto measure = [&](const std::string& what, const std::vector<store::MetricInfo>& wanted,
                           Videos& videos) {
    ScoringView view(what, arguments.quiet);
    return engine::score_videos(
        *store, evaluator, wanted, videos, options, [&](const auto& progress) { view.show(progress); },
        signals.token());
  };
  const auto against = compared(metrics);
  if (!against.empty()) measure("reference", against, scores.reference);
  const auto progress = measure("videos", metrics, scores.videos);
  if (signals.token().stop_requested())
    throw Error(ErrorCode::kInterrupted, "interrupted; the same command goes on where it was");
  std::map<std::string, store::ReferenceFeatures> references;
  for (const auto& metric : against)
    references[metric.features] = engine::collect_features(scores.reference, metric);
  scores.metrics = report::score_metrics(metrics, scores.videos, references);
  if (progress.from_cache > 0 && !arguments.quiet)
    log_info(fmt::format("{} of {} videos from the cache", progress.from_cache, progress.total));
  if (arguments.format == "html")
    write_page(scores, evaluator, arguments);
  else
    print_scores(scores, arguments);
  tell_failures(scores.videos);
  tell_failures(scores.reference);
  const bool failed = report::coverage(scores.videos).failed + report::coverage(scores.reference).failed > 0;
  if (failed) context.exit_code = static_cast<int>(ErrorCode::kSamplesFailed);
}

}  // namespace

void add_score_command(CLI::App& app, Context& context) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand("score", "metrics of a folder of videos, whoever made them");
  command->add_option("videos", arguments->videos, "a folder (searched through), or one file")->required();
  command->add_option("--reference", arguments->reference, "real videos, for FVD and KVD");
  command->add_option("--paired", arguments->paired,
                      "videos of the same names to compare each with, for PSNR, SSIM and LPIPS");
  command->add_option("--prompts", arguments->prompts, "FILE.csv or FILE.jsonl with 'file' and 'prompt'");
  command->add_option("--metrics", arguments->metrics,
                      "metric ids, separated by commas (default: all that can be computed)");
  command->add_option("--weights-dir", arguments->weights, "a folder with official weight files; repeatable")
      ->allow_extra_args(false);
  command->add_option("--threads", arguments->threads, "CPU threads of the metric worker (0: its choice)")
      ->check(CLI::Range(0, 4096));
  command->add_flag("--allow-small-sample", arguments->allow_small_sample,
                    "score sets that are smaller than a metric asks for");
  command->add_flag("--no-cache", arguments->no_cache, "measure again what is known");
  command->add_flag("--quiet", arguments->quiet, "no progress");
  command->add_option("--evaluator", arguments->evaluator, "another metric worker (default: vidbench-eval)");
  add_format_option(*command, arguments->format, {"table", "json", "csv", "md", "html"});
  command->add_option("-o,--output", arguments->output, "the page of --format html");
  add_store_option(*command, context);
  command->callback([arguments, &context] { score(*arguments, context); });
}

}  // namespace vidbench::cli
