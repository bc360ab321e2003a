#include "engine/run.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <exception>
#include <thread>

#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/time.h"
#include "engine/evaluation.h"
#include "engine/generation.h"
#include "engine/manifest.h"
#include "engine/previews.h"

namespace vidbench::engine {
namespace fs = std::filesystem;
namespace {

// Held while a process works on a run, and released by the kernel when it dies.
class RunLock {
 public:
  explicit RunLock(const fs::path& directory)
      : fd_(::open((directory / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)) {
    if (fd_ < 0)
      throw_environment("cannot write into " + directory.string(), "check permissions and free space");
    if (::flock(fd_, LOCK_EX | LOCK_NB) != 0) {
      ::close(fd_);
      throw_input(fmt::format("another process works on {}", directory.string()), "wait for it, or stop it");
    }
  }
  ~RunLock() { ::close(fd_); }
  RunLock(const RunLock&) = delete;
  RunLock& operator=(const RunLock&) = delete;

 private:
  int fd_;
};

bool uses_cpu(const Plan& plan, const RunOptions& options) {
  if (options.device == "cpu") return true;
  for (const auto& model : plan.models)
    if (model.deployment.device == "cpu") return true;
  return options.device == "auto" && !fs::exists("/dev/nvidiactl");
}

int thread_share(const RunOptions& options) {
  if (options.threads > 0) return options.threads;
  const int cores = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  return std::max(1, cores / std::max(1, options.workers));
}

bool video_intact(const store::SampleRecord& sample) {
  std::error_code ec;
  return sample.video && fs::exists(sample.video->path, ec) &&
         sha256_file(sample.video->path) == sample.video->sha256;
}

// What is left of a plan: per model the batches with samples to generate, and videos that wait for
// evaluation.
struct Remaining {
  std::vector<std::vector<Batch>> batches;
  std::vector<EvaluationItem> to_evaluate;
  size_t generated = 0, evaluated = 0;
};

Remaining remaining(const Plan& plan, const std::vector<store::SampleRecord>& now, bool retry_failed) {
  Remaining left;
  left.batches.resize(plan.models.size());
  for (const Batch& batch : plan.batches) {
    Batch open{batch.index, batch.model, {}};
    EvaluationItem item;
    for (const size_t s : batch.samples) {
      const auto& sample = now.at(s);
      switch (sample.state) {
        case store::SampleState::kEvaluated:
          ++left.generated;
          ++left.evaluated;
          break;
        case store::SampleState::kGenerated:
          if (video_intact(sample)) {
            ++left.generated;
            item.samples.push_back(sample);
            item.asked.push_back(plan.asked[s]);
          } else {
            open.samples.push_back(s);
          }
          break;
        case store::SampleState::kFailed:
          if (retry_failed) open.samples.push_back(s);
          break;
        case store::SampleState::kPlanned:
          open.samples.push_back(s);
          break;
      }
    }
    if (!open.samples.empty()) left.batches[batch.model].push_back(std::move(open));
    if (!item.samples.empty()) left.to_evaluate.push_back(std::move(item));
  }
  return left;
}

void count_open(const Remaining& left, const Plan& plan, OpenSamples& open) {
  for (size_t m = 0; m < left.batches.size(); ++m)
    for (const Batch& batch : left.batches[m]) open.add(plan.models[m].id, batch.samples.size());
  for (const EvaluationItem& item : left.to_evaluate)
    for (const auto& sample : item.samples) open.add(sample.model, 1);
}

// One execution: worker threads that take models in turn, and the evaluation thread.
class Execution {
 public:
  Execution(Context& context, workers::Evaluator* evaluator, std::vector<store::MetricInfo> metrics)
      : context_(context), evaluator_(evaluator), metrics_(std::move(metrics)) {}

  void run(Remaining left) {
    std::jthread evaluation([&] { guarded([&] { evaluate_samples(context_, evaluator_, metrics_); }); });
    {
      std::vector<std::jthread> slots;
      for (int i = 0; i < std::max(1, context_.options.workers); ++i)
        slots.emplace_back([&] { guarded([&] { take_models(left.batches); }); });
      // Videos of an interrupted run first: they only wait for their evaluation.
      for (auto& item : left.to_evaluate) context_.evaluation.push(std::move(item));
    }
    context_.evaluation.close();
    evaluation.join();
    if (error_) std::rethrow_exception(error_);
  }

 private:
  void take_models(const std::vector<std::vector<Batch>>& batches) {
    while (!context_.stopping()) {
      const size_t model = next_model_++;
      if (model >= batches.size()) return;
      if (!batches[model].empty()) generate_model(context_, model, batches[model]);
    }
  }

  // The first exception of a stage ends the run; the others stop at their next step.
  template <typename Function>
  void guarded(Function&& function) {
    try {
      function();
    } catch (...) {
      const std::lock_guard lock(error_mutex_);
      if (!error_) error_ = std::current_exception();
      context_.halt = true;
      context_.evaluation.close();
    }
  }

  Context& context_;
  workers::Evaluator* evaluator_;
  std::vector<store::MetricInfo> metrics_;
  std::atomic<size_t> next_model_{0};
  std::mutex error_mutex_;
  std::exception_ptr error_;
};

struct MetricWorker {
  std::unique_ptr<workers::Evaluator> evaluator;  // null when the suite has no metrics
  std::vector<store::MetricInfo> metrics;
};

MetricWorker start_metric_worker(const Plan& plan, const RunOptions& options, const fs::path& log_directory) {
  MetricWorker worker;
  if (plan.suite.metrics.empty()) return worker;
  fs::create_directories(log_directory);
  workers::RunnerOptions own;
  own.log_path = log_directory / "metric-worker.log";
  own.threads = options.threads;
  own.device = options.device;
  worker.evaluator = std::make_unique<workers::Evaluator>(options.evaluator, own);
  worker.metrics = select_metrics(plan.suite, worker.evaluator->start());
  return worker;
}

RunResult summarise(Context& context, store::Store& store, const std::string& run) {
  RunResult result;
  result.run = run;
  const auto samples = store.samples(run, false);
  result.planned = samples.size();
  size_t open = 0;
  for (const auto& sample : samples) {
    result.evaluated += sample.state == store::SampleState::kEvaluated ? 1 : 0;
    result.failed += sample.state == store::SampleState::kFailed ? 1 : 0;
    open += sample.state == store::SampleState::kPlanned || sample.state == store::SampleState::kGenerated
                ? 1
                : 0;
  }
  result.state = context.stop.stop_requested() ? store::RunState::kInterrupted
                 : open > 0                    ? store::RunState::kFailed
                                               : store::RunState::kDone;
  result.generated_from_cache = context.generated_from_cache;
  result.scored_from_cache = context.scored_from_cache;
  return result;
}

RunResult execute(store::Store& store, const std::string& run, const fs::path& directory, const Plan& plan,
                  const RunOptions& options, Observer& observer, std::stop_token stop, MetricWorker worker,
                  bool retry_failed) {
  Context context(store, run, plan, options, observer, stop);
  context.directory = directory;
  context.overlap =
      options.overlap == Overlap::kOn || (options.overlap == Overlap::kAuto && !uses_cpu(plan, options));
  Remaining left = remaining(plan, store.samples(run, false), retry_failed);
  count_open(left, plan, context.open);
  observer.on_start(plan.samples.size(), left.generated, left.evaluated);
  try {
    Execution(context, worker.evaluator.get(), worker.metrics).run(std::move(left));
  } catch (...) {
    store.set_run_state(run, store::RunState::kInterrupted);
    throw;
  }
  RunResult result = summarise(context, store, run);
  if (worker.evaluator && !stop.stop_requested()) {
    const bool with_text = plan.suite.is_public || options.plan.keep_prompts;
    observer.on_stage("encoding previews");
    make_previews(*worker.evaluator, plan, store.samples(run, false), directory,
                  static_cast<size_t>(std::max(0, options.preview_prompts)), with_text);
  }
  if (worker.evaluator) worker.evaluator->stop();
  store.append_event(run, "ended", {{"state", store::to_string(result.state)}});
  store.set_run_state(run, result.state);
  std::error_code ignored;
  fs::remove_all(directory / "work", ignored);
  return result;
}

RunOptions with_thread_share(RunOptions options) {
  options.threads = thread_share(options);
  return options;
}

}  // namespace

std::string new_run_id(const std::string& suite) {
  return fmt::format("{}-{}-{}", suite, now_compact(),
                     sha256_hex(fmt::format("{}{}", ::getpid(), monotonic_ns())).substr(0, 4));
}

RunResult start_run(store::Store& store, const Plan& plan, const RunOptions& options_in, Observer& observer,
                    std::stop_token stop) {
  const RunOptions options = with_thread_share(options_in);
  store::RunRecord run;
  run.created_at = now_rfc3339();
  run.id = options.run_id.empty() ? new_run_id(plan.suite.id) : options.run_id;
  const fs::path directory = fs::absolute(options.runs_directory / run.id);
  fs::create_directories(directory);
  const RunLock lock(directory);
  observer.on_stage("starting the metric worker");
  MetricWorker worker = start_metric_worker(plan, options, directory / "logs");
  run.suite = plan.suite.id;
  run.suite_digest = plan.suite.digest;
  run.directory = directory.string();
  run.manifest = make_manifest(plan, options, worker.metrics);
  run.manifest["run"] = run.id;
  write_file_atomic(directory / "manifest.json", document(run.manifest) + "\n");
  store.create_run(run, plan.samples);
  store.append_event(run.id, "started", {{"samples", plan.samples.size()}});
  return execute(store, run.id, directory, plan, options, observer, stop, std::move(worker), false);
}

RunResult resume_run(store::Store& store, const store::RunRecord& run, const Plan& plan,
                     const RunOptions& options_in, Observer& observer, std::stop_token stop,
                     bool retry_failed) {
  require_same_experiment(run.manifest, plan);
  const RunOptions options = with_thread_share(options_in);
  const fs::path directory = run.directory;
  fs::create_directories(directory);
  const RunLock lock(directory);
  observer.on_stage("starting the metric worker");
  MetricWorker worker = start_metric_worker(plan, options, directory / "logs");
  Json list = Json::array();
  for (const auto& metric : worker.metrics) list.push_back(store::to_json(metric));
  if (list != run.manifest.at("metrics"))
    throw_input(fmt::format("the metrics have changed since run {} was made", run.id),
                "use the vidbench that made it, or start a new run");
  store.set_run_state(run.id, store::RunState::kRunning);
  store.append_event(run.id, "resumed", Json::object());
  return execute(store, run.id, directory, plan, options, observer, stop, std::move(worker), retry_failed);
}

bool run_is_active(const fs::path& directory) {
  const int fd = ::open((directory / "lock").c_str(), O_RDWR | O_CLOEXEC);
  if (fd < 0) return false;
  const bool held = ::flock(fd, LOCK_EX | LOCK_NB) != 0;
  ::close(fd);
  return held;
}

}  // namespace vidbench::engine
