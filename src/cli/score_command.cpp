// vidbench score: metrics of videos that are already there.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/error.h"
#include "base/files.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/strings.h"
#include "base/time.h"
#include "base/variable.h"
#include "cli/context.h"
#include "cli/score_output.h"
#include "cli/signals.h"
#include "cli/status_line.h"
#include "engine/score_state.h"
#include "engine/scoring.h"
#include "engine/set_score_cache.h"
#include "engine/video_folder.h"
#include "report/format.h"
#include "report/video_scores.h"
#include "workers/measurements.h"

namespace vidbench::cli {
namespace {

struct Arguments {
  std::string videos, reference, paired, prompts, evaluator, shard, state;
  ScoreOutput output;
  std::vector<std::string> metrics;
  WeightsOptions weights;
  int threads = 0;
  std::string precision = "float32", device = "cpu";
  size_t batch = 1;  // videos that the networks of clips look at together
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
      std::any_of(videos.begin(), videos.end(), [](const auto& v) { return !v.asked.prompt.empty(); });
  const bool auxiliary =
      std::any_of(videos.begin(), videos.end(), [](const auto& v) { return !v.asked.auxiliary.empty(); });
  const auto lacks = [&](const store::MetricInfo& metric) -> std::string {
    if (!metric.unavailable.empty()) return metric.unavailable;
    if (store::needs(metric, "reference") && arguments.reference.empty()) return "it needs --reference REAL";
    if (store::needs(metric, "paired") && arguments.paired.empty()) return "it needs --paired OTHER";
    if (store::needs(metric, "prompt") && !prompts) return "it needs --prompts FILE";
    if (store::needs(metric, "auxiliary") && !auxiliary)
      return "it needs --prompts FILE that tells more than the text (VBench_full_info.json)";
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

// The numbers of the sets that are known already.
std::map<std::string, stats::Interval> known_sets(const engine::SetScoreCache& cache,
                                                  const std::vector<store::MetricInfo>& metrics) {
  std::map<std::string, stats::Interval> known;
  for (const auto& metric : metrics)
    if (metric.is_set)
      if (const auto interval = cache.find(metric)) known[metric.id] = *interval;
  return known;
}

// The numbers of the metrics: those that are known, and those of what was measured.
std::vector<report::MetricScore> put_together(const std::vector<store::MetricInfo>& metrics,
                                              const std::map<std::string, stats::Interval>& known,
                                              std::vector<report::MetricScore> measured) {
  std::vector<report::MetricScore> all;
  auto next = measured.begin();
  for (const auto& metric : metrics) {
    const auto found = known.find(metric.id);
    all.push_back(found != known.end() ? report::MetricScore{metric, found->second, ""} : std::move(*next++));
  }
  return all;
}

void keep_sets(const engine::SetScoreCache& cache, const report::VideoScores& scores) {
  const size_t failed = report::coverage(scores.videos).failed + report::coverage(scores.reference).failed;
  if (failed > 0) return;
  for (const auto& [metric, interval, missing] : scores.metrics)
    if (metric.is_set && interval && interval->n == scores.videos.size()) cache.keep(metric, *interval);
}

std::map<std::string, store::ReferenceFeatures> reference_features(
    const std::vector<store::MetricInfo>& metrics, const Videos& reference) {
  std::map<std::string, store::ReferenceFeatures> features;
  for (const auto& metric : compared(metrics))
    features[metric.features] = engine::collect_features(reference, metric);
  return features;
}

std::filesystem::path evaluator_log() {
  std::filesystem::path log = cache_directory() / "score" / "vidbench-eval.log";
  std::filesystem::create_directories(log.parent_path());
  return log;
}

std::string title_of(const std::string& videos) {
  const std::string name = std::filesystem::absolute(videos).lexically_normal().filename().string();
  return name.empty() ? videos : name;
}

void check(const Arguments& arguments) {
  require_complete(arguments.output);
  if (!arguments.evaluator.empty() &&
      (arguments.precision != "float32" || arguments.device != "cpu" || arguments.batch != 1))
    throw_input("--precision, --device and --batch are vidbench-eval's, not another worker's");
  if (arguments.precision == "float16" && arguments.device == "cpu")
    throw_input("float16 is for CUDA devices", "bfloat16 has the same size, and the CPU computes with it");
  if (!arguments.state.empty() && arguments.batch != 1)
    throw_input("--batch rounds by where a video lies in its batch, and a --state has the same bits always",
                "keep the state without --batch");
  if (!arguments.shard.empty() && arguments.state.empty())
    throw_input("--shard gives no numbers by itself", "keep it with --state FILE, for 'vidbench merge'");
}

report::VideoScores find_sets(const Arguments& arguments) {
  report::VideoScores scores;
  scores.videos = engine::find_videos(arguments.videos);
  if (!arguments.prompts.empty()) engine::read_prompts(arguments.prompts, scores.videos);
  if (!arguments.paired.empty()) engine::pair_videos(engine::find_videos(arguments.paired), scores.videos);
  if (!arguments.reference.empty()) scores.reference = engine::find_videos(arguments.reference);
  return scores;
}

// What one call works with.
class Scoring {
 public:
  Scoring(const Arguments& arguments, Context& context)
      : arguments_(arguments),
        store_(context.open_store()),
        evaluator_(command(arguments.precision), runner_options()),
        options_{.use_cache = !arguments.no_cache,
                 .digests = cache_home() / "digests",
                 .batch = arguments.batch * ((kAsked + arguments.batch - 1) / arguments.batch)} {}

  [[nodiscard]] workers::Evaluator& evaluator() { return evaluator_; }
  [[nodiscard]] engine::SetScoreCache sets(const report::VideoScores& scores) {
    return {*store_, DigestMemo(options_.digests), scores.videos, scores.reference};
  }

  // Both sets; throws Error(kInterrupted) when the user stopped it.
  void measure(const std::vector<store::MetricInfo>& metrics, report::VideoScores& scores) {
    if (!scores.reference.empty()) measure("reference", evaluator_, compared(metrics), scores.reference);
    const auto progress = measure("videos", evaluator_, metrics, scores.videos);
    if (progress.from_cache > 0 && !arguments_.quiet)
      log_info(fmt::format("{} of {} videos from the cache", progress.from_cache, progress.total));
  }

  // Some of the videos measured in float32, too, by a worker of its own.
  [[nodiscard]] std::optional<report::PrecisionError> check_precision(
      const std::vector<store::MetricInfo>& metrics, const Videos& videos) {
    std::vector<store::MetricInfo> rounded;
    std::vector<std::string> ids;
    for (const auto& metric : metrics) {
      if (metric.precision.empty()) continue;
      rounded.push_back(metric);
      ids.push_back(metric.id);
    }
    if (ids.empty()) return {};
    Videos some, exact;
    const size_t count = std::min(kChecked, videos.size());
    for (size_t i = 0; i < count; ++i) {
      store::VideoMeasurements video = videos[i * videos.size() / count];
      video.measurements.reset();
      video.failure.reset();
      exact.push_back(video);
      some.push_back(std::move(video));
    }
    workers::Evaluator in_float(command("float32"), runner_options());
    measure("some again", evaluator_, rounded, some);
    measure("the same in float32", in_float, workers::choose_metrics(in_float.start(), ids), exact);
    return report::PrecisionError{arguments_.precision, report::coverage(exact).scored,
                                  report::largest_errors(rounded, some, exact)};
  }

 private:
  static constexpr size_t kAsked = 4;    // videos that the worker is asked for at once, at least
  static constexpr size_t kChecked = 4;  // videos that a reduced precision is held against float32 on

  [[nodiscard]] std::vector<std::string> command(const std::string& precision) const {
    return evaluator_command(arguments_.evaluator, arguments_.weights,
                             {"--precision", precision, "--device", arguments_.device, "--batch",
                              std::to_string(arguments_.batch)});
  }
  [[nodiscard]] workers::RunnerOptions runner_options() const {
    return {.log_path = evaluator_log(), .threads = arguments_.threads};
  }

  engine::ScoringProgress measure(const std::string& what, workers::Evaluator& evaluator,
                                  const std::vector<store::MetricInfo>& metrics, Videos& videos) {
    ScoringView view(what, arguments_.quiet);
    const auto progress = engine::score_videos(
        *store_, evaluator, metrics, videos, options_, [&](const auto& now) { view.show(now); },
        signals_.token());
    if (signals_.token().stop_requested())
      throw Error(ErrorCode::kInterrupted, "interrupted; the same command goes on where it was");
    return progress;
  }

  const Arguments& arguments_;
  std::unique_ptr<store::Store> store_;
  const StopOnSignal signals_;
  workers::Evaluator evaluator_;
  engine::ScoringOptions options_;
};

void score(const Arguments& arguments, Context& context) {
  check(arguments);
  const engine::Shard shard =
      arguments.shard.empty() ? engine::Shard{} : engine::parse_shard(arguments.shard);
  report::VideoScores scores = find_sets(arguments);
  Scoring scoring(arguments, context);
  const auto metrics = choose(arguments, scoring.evaluator().start(), scores.videos);
  if (metrics.empty())
    throw_input("no metric can be computed with what was given", "name one with --metrics");
  if (!arguments.allow_small_sample) refuse_small_samples(metrics, scores.videos, scores.reference);
  scores.videos = engine::take_shard(std::move(scores.videos), shard);
  scores.reference = engine::take_shard(std::move(scores.reference), shard);
  std::optional<engine::SetScoreCache> sets;
  if (!arguments.no_cache && arguments.state.empty()) sets.emplace(scoring.sets(scores));
  const auto known = sets ? known_sets(*sets, metrics) : std::map<std::string, stats::Interval>();
  std::vector<store::MetricInfo> open;
  std::copy_if(metrics.begin(), metrics.end(), std::back_inserter(open),
               [&](const auto& metric) { return !known.contains(metric.id); });
  scoring.measure(open, scores);
  if (!arguments.state.empty()) {
    engine::write_score_state(arguments.state, {shard, metrics, scores.videos, scores.reference});
    log_info("written: " + arguments.state);
  }
  if (shard.count > 1) {
    context.exit_code = tell_failures(scores);
    return;
  }
  scores.metrics = put_together(
      metrics, known, report::score_metrics(open, scores.videos, reference_features(open, scores.reference)));
  if (sets) keep_sets(*sets, scores);
  scores.precision = scoring.check_precision(metrics, scores.videos);
  if (const uint64_t peak = scoring.evaluator().peak_memory_bytes(); peak > 0 && !arguments.quiet)
    log_info(fmt::format("peak memory: {}, metric worker {}", human_bytes(peak_resident_bytes()),
                         human_bytes(peak)));
  context.exit_code = give_scores(scores, arguments.output, title_of(arguments.videos),
                                  [&]() -> workers::Evaluator& { return scoring.evaluator(); });
}

struct MergeArguments {
  std::vector<std::string> states;
  ScoreOutput output;
  std::string evaluator;
};

void merge_states(const MergeArguments& arguments, Context& context) {
  require_complete(arguments.output);
  engine::ScoreState state = engine::merge_score_states({arguments.states.begin(), arguments.states.end()});
  report::VideoScores scores{{}, std::move(state.videos), std::move(state.reference)};
  scores.metrics = report::score_metrics(state.metrics, scores.videos,
                                         reference_features(state.metrics, scores.reference));
  std::optional<workers::Evaluator> evaluator;
  context.exit_code = give_scores(scores, arguments.output, "merged", [&]() -> workers::Evaluator& {
    evaluator.emplace(evaluator_command(arguments.evaluator),
                      workers::RunnerOptions{.log_path = evaluator_log()});
    evaluator->start();
    return *evaluator;
  });
}

}  // namespace

void add_score_command(CLI::App& app, Context& context) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand("score", "metrics of a folder of videos, whoever made them");
  command->add_option("videos", arguments->videos, "a folder (searched through), or one file")->required();
  command->add_option("--reference", arguments->reference, "real videos, for FVD and KVD")
      ->type_name("FOLDER");
  command
      ->add_option("--paired", arguments->paired,
                   "videos of the same names to compare each with, for PSNR, SSIM and LPIPS")
      ->type_name("FOLDER");
  command->add_option("--prompts", arguments->prompts, "FILE.csv or FILE.jsonl with 'file' and 'prompt'")
      ->type_name("FILE");
  command->add_option("--metrics", arguments->metrics,
                      "metric ids, separated by commas (default: all that can be computed)");
  add_weights_options(*command, arguments->weights);
  command->add_option("--threads", arguments->threads, "CPU threads of the metric worker (0: its choice)")
      ->check(CLI::Range(0, 4096));
  command
      ->add_option("--batch", arguments->batch,
                   "videos that the networks of clips look at together: faster on a GPU, more memory")
      ->check(CLI::Range(1, 256));
  command->add_option("--precision", arguments->precision, "of the official networks; its error is measured")
      ->check(CLI::IsMember({"float32", "bfloat16", "float16"}))
      ->capture_default_str();
  command->add_option("--device", arguments->device, "of the official networks: cpu, cuda, cuda:1")
      ->capture_default_str();
  command->add_flag("--allow-small-sample", arguments->allow_small_sample,
                    "score sets that are smaller than a metric asks for");
  command->add_flag("--no-cache", arguments->no_cache, "measure again what is known");
  add_quiet_flag(*command, arguments->quiet);
  command->add_option("--evaluator", arguments->evaluator, "another metric worker (default: vidbench-eval)");
  command
      ->add_option("--shard", arguments->shard,
                   "only every N-th video from the K-th on, for 'vidbench merge'")
      ->type_name("K/N");
  command->add_option("--state", arguments->state, "keep what was measured in FILE, for 'vidbench merge'")
      ->type_name("FILE");
  add_score_output(*command, arguments->output);
  add_store_option(*command, context);
  command->callback([arguments, &context] { score(*arguments, context); });
}

void add_merge_command(CLI::App& app, Context& context) {
  auto arguments = std::make_shared<MergeArguments>();
  CLI::App* command = app.add_subcommand("merge", "the numbers of shards that were scored apart");
  command->add_option("states", arguments->states, "files of 'vidbench score --shard K/N --state FILE'")
      ->required();
  command->add_option("--evaluator", arguments->evaluator,
                      "another metric worker, for a page's copies of videos (default: vidbench-eval)");
  add_score_output(*command, arguments->output);
  command->callback([arguments, &context] { merge_states(*arguments, context); });
}

}  // namespace vidbench::cli
