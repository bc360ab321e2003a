#include "engine/generation.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "base/error.h"
#include "base/files.h"
#include "base/time.h"
#include "engine/conditioning.h"

namespace vidbench::engine {
namespace fs = std::filesystem;
namespace {

constexpr auto kNetworkPause = std::chrono::seconds(2);

class ModelGeneration {
 public:
  ModelGeneration(Context& context, size_t model)
      : context_(context),
        model_(context.plan.models[model]),
        digest_(context.plan.model_digests[model]),
        work_(context.directory / "work" / model_.id),
        runner_(workers::make_runner(model_, runner_options())) {}

  void run(const std::vector<Batch>& pending) {
    for (const Batch& batch : pending) total_ += batch.samples.size();
    for (const Batch& batch : pending) {
      if (context_.stopping()) break;
      const std::vector<size_t> missing = take_from_cache(batch.samples);
      if (missing.empty()) continue;
      if (!ensure_started()) break;
      generate(missing, 1);
      if (budget_exhausted(failed_, total_, context_.options.retry)) {
        give_up(fmt::format("{} of {} samples failed", failed_, total_));
        break;
      }
    }
    runner_->stop();
    std::error_code ignored;
    fs::remove_all(work_, ignored);
  }

 private:
  [[nodiscard]] workers::RunnerOptions runner_options() const {
    workers::RunnerOptions options;
    options.log_path = context_.directory / "logs" / (model_.id + ".log");
    options.threads = context_.options.threads;
    options.device = context_.options.device;
    options.offline = context_.options.offline;
    fs::create_directories(options.log_path.parent_path());
    fs::create_directories(work_);
    std::vector<workers::GenerateRequest> requests;
    for (size_t s = 0; s < context_.plan.samples.size(); ++s)
      if (context_.plan.samples[s].model == model_.id) requests.push_back(context_.plan.requests[s]);
    return workers::with_files(options, fs::absolute(work_), requests);
  }

  // Commits what the cache has; returns the rest.
  std::vector<size_t> take_from_cache(const std::vector<size_t>& samples) {
    if (!context_.options.use_cache) return samples;
    std::vector<size_t> missing;
    std::vector<store::SampleRecord> found;
    std::vector<size_t> indices;
    for (const size_t s : samples) {
      auto video = context_.cache.find(context_.plan.samples[s].key);
      if (!video) {
        missing.push_back(s);
        continue;
      }
      found.push_back(generated(s, std::move(*video), 0));
      indices.push_back(s);
    }
    context_.generated_from_cache += found.size();
    if (!found.empty()) take_facts_from_cache();
    deliver(std::move(found), indices);
    return missing;
  }

  // What the worker reported when it made the cached videos, until it is started again.
  void take_facts_from_cache() {
    if (facts_known_) return;
    facts_known_ = true;
    auto facts = context_.cache.find_facts(digest_);
    if (!facts) return;
    facts->model = model_.id;
    facts->settings.update(effective_settings(context_.plan.suite, model_));
    context_.journal.facts(*facts);
  }

  bool ensure_started() {
    if (runner_->alive()) return true;
    context_.notify([&](Observer& o) { o.on_stage("loading " + model_.id); });
    for (int attempt = 1;; ++attempt) {
      try {
        const int64_t start = monotonic_ns();
        store::ModelFacts facts = runner_->start();
        facts.model = model_.id;
        facts.load_s = seconds_since(start);
        facts.settings.update(effective_settings(context_.plan.suite, model_));
        context_.journal.facts(facts);
        context_.cache.insert_facts(digest_, facts);
        facts_known_ = true;
        context_.journal.event("worker-started", {{"model", model_.id}, {"load_s", facts.load_s}});
        warm_up();
        return true;
      } catch (const Error& e) {
        const bool again = attempt < context_.options.retry.max_attempts && e.code() != ErrorCode::kInput &&
                           !context_.stopping();
        report_failure(model_.id, {"crash", e.what(), e.hint()}, again);
        if (again) continue;
        give_up(e.what());
        return false;
      }
    }
  }

  // Generations before timing starts, thrown away; a failure here shows again in the first real batch.
  void warm_up() {
    if (warm_ || !runner_->warms_up()) return;
    warm_ = true;
    const auto& plan = context_.plan;
    const auto first = std::find_if(plan.samples.begin(), plan.samples.end(),
                                    [&](const auto& sample) { return sample.model == model_.id; });
    workers::GenerateRequest request = plan.requests[static_cast<size_t>(first - plan.samples.begin())];
    for (int i = 0; i < plan.suite.warmup && runner_->alive() && !context_.stopping(); ++i) {
      request.id = fmt::format("warmup{}", i);
      const fs::path folder = fresh_folder();
      (void)runner_->generate(
          {request}, folder, [](const workers::Progress&) {}, context_.stop);
    }
    if (!runner_->alive() && !context_.stopping()) (void)runner_->start();
  }

  fs::path fresh_folder() {
    fs::path folder = work_ / std::to_string(next_folder_++);
    std::error_code ignored;
    fs::remove_all(folder, ignored);
    fs::create_directories(folder);
    return folder;
  }

  workers::BatchOutcome call(const std::vector<size_t>& samples) {
    std::vector<workers::GenerateRequest> requests;
    for (const size_t s : samples) requests.push_back(context_.plan.requests[s]);
    if (auto changed = changed_input(requests)) return {{}, std::move(changed)};
    const std::shared_lock quiet(context_.quiet);
    return runner_->generate(
        requests, fresh_folder(),
        [&](const workers::Progress& p) {
          context_.notify([&](Observer& o) { o.on_progress(model_.id, p); });
        },
        context_.stop);
  }

  void generate(const std::vector<size_t>& samples, int attempt) {
    if (context_.stopping() || !ensure_started()) return;
    const workers::BatchOutcome outcome = call(samples);
    if (context_.stop.stop_requested() && outcome.failure) return;  // stays planned: resume goes on here
    if (outcome.failure) {
      handle_failure(samples, *outcome.failure, attempt);
      return;
    }
    std::vector<store::SampleRecord> done;
    std::vector<size_t> done_indices;
    std::vector<std::pair<size_t, store::Failure>> failures;
    for (size_t i = 0; i < samples.size(); ++i) {
      const auto& sample = outcome.samples.at(i);
      if (sample.video) {
        done.push_back(generated(samples[i], keep(samples[i], *sample.video), attempt));
        done_indices.push_back(samples[i]);
      } else if (sample.failure && sample.failure->kind == "interrupted" && context_.stopping()) {
        continue;  // stays planned
      } else {
        failures.emplace_back(samples[i],
                              sample.failure.value_or(store::Failure{"bad-output", "no answer", ""}));
      }
    }
    deliver(std::move(done), done_indices);
    for (const auto& [index, failure] : failures) handle_failure({index}, failure, attempt);
  }

  void handle_failure(const std::vector<size_t>& samples, const store::Failure& failure, int attempt) {
    const RetryAction action = runner_->may_repeat(failure)
                                   ? decide(failure.kind, attempt, samples.size(), context_.options.retry)
                                   : RetryAction::kFail;
    for (const size_t s : samples)
      report_failure(context_.plan.samples[s].id, failure, action != RetryAction::kFail);
    context_.journal.event("batch-failed", {{"model", model_.id},
                                            {"sample", context_.plan.samples[samples.front()].id},
                                            {"size", samples.size()},
                                            {"attempt", attempt},
                                            {"kind", failure.kind},
                                            {"message", failure.message}});
    switch (action) {
      case RetryAction::kWait:
        pause();
        [[fallthrough]];
      case RetryAction::kAgain:
        generate(samples, attempt + 1);
        break;
      case RetryAction::kSplit: {
        const auto middle = samples.begin() + static_cast<std::ptrdiff_t>(samples.size() / 2);
        generate({samples.begin(), middle}, attempt + (failure.kind == "oom" ? 0 : 1));
        generate({middle, samples.end()}, attempt + (failure.kind == "oom" ? 0 : 1));
        break;
      }
      case RetryAction::kFail:
        fail(samples, failure, attempt);
        break;
    }
  }

  void pause() {
    const auto end = std::chrono::steady_clock::now() + kNetworkPause;
    while (!context_.stopping() && std::chrono::steady_clock::now() < end)
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }

  void fail(const std::vector<size_t>& samples, const store::Failure& failure, int attempt) {
    std::vector<store::SampleRecord> records;
    for (const size_t s : samples) {
      auto& record = records.emplace_back(context_.plan.samples[s]);
      record.state = store::SampleState::kFailed;
      record.attempts = attempt;
      record.failure = failure;
    }
    failed_ += samples.size();
    context_.journal.commit(records);
    context_.open.ended(model_.id, samples.size());
    context_.notify(
        [&](Observer& o) { o.on_samples(model_.id, store::SampleState::kFailed, samples.size(), 0); });
    if (context_.options.fail_fast) context_.halt = true;
  }

  store::GeneratedVideo keep(size_t sample, const store::GeneratedVideo& video) {
    return context_.cache.insert(context_.plan.samples[sample].key, video);
  }

  // The record of a generated sample, its video linked into the run directory.
  store::SampleRecord generated(size_t sample, store::GeneratedVideo video, int attempt) {
    store::SampleRecord record = context_.plan.samples[sample];
    const fs::path own =
        context_.directory / "videos" / model_.id / (record.id + fs::path(video.path).extension().string());
    link_or_copy(video.path, own);
    video.path = own.string();
    record.state = store::SampleState::kGenerated;
    record.attempts = attempt;
    record.video = std::move(video);
    return record;
  }

  // Commits, reports, and hands over to evaluation.
  void deliver(std::vector<store::SampleRecord> records, const std::vector<size_t>& indices) {
    if (records.empty()) return;
    context_.journal.commit(records);
    const size_t cached = static_cast<size_t>(
        std::count_if(records.begin(), records.end(), [](const auto& r) { return r.video->from_cache; }));
    context_.notify([&](Observer& o) {
      o.on_samples(model_.id, store::SampleState::kGenerated, records.size(), cached);
    });
    EvaluationItem item{std::move(records), {}};
    for (const size_t s : indices) item.asked.push_back(context_.plan.asked[s]);
    context_.evaluation.push(std::move(item));
  }

  void report_failure(const std::string& what, const store::Failure& failure, bool again) {
    context_.notify([&](Observer& o) { o.on_failure(what, failure, again); });
  }

  void give_up(const std::string& why) {
    context_.gave_up = true;
    context_.journal.event("model-given-up", {{"model", model_.id}, {"reason", why}});
    context_.notify([&](Observer& o) { o.on_stage(fmt::format("giving up {}: {}", model_.id, why)); });
  }

  Context& context_;
  const registry::Model& model_;
  const std::string& digest_;
  fs::path work_;
  std::unique_ptr<workers::Runner> runner_;
  size_t total_ = 0, failed_ = 0, next_folder_ = 0;
  bool warm_ = false, facts_known_ = false;
};

}  // namespace

void generate_model(Context& context, size_t model, const std::vector<Batch>& pending) {
  ModelGeneration(context, model).run(pending);
}

}  // namespace vidbench::engine
