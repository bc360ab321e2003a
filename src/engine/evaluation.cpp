#include "engine/evaluation.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/error.h"
#include "base/hash.h"
#include "base/strings.h"
#include "engine/score_cache.h"

namespace vidbench::engine {
namespace {

class Evaluation {
 public:
  Evaluation(Context& context, workers::Evaluator* evaluator, const std::vector<store::MetricInfo>& metrics)
      : context_(context), evaluator_(evaluator), metrics_(metrics), scores_(metrics) {}

  void run() {
    prepare_references();
    while (auto item = context_.evaluation.pop()) {
      if (context_.stopping()) continue;
      evaluate(std::move(*item));
      if (context_.open.take_news()) tell_model_ended();
    }
  }

 private:
  // Held while the metric worker computes, so that timings of a generation on the same cores stay
  // undisturbed.
  [[nodiscard]] std::unique_lock<std::shared_mutex> quiet() {
    return context_.overlap ? std::unique_lock<std::shared_mutex>() : std::unique_lock(context_.quiet);
  }

  void tell_model_ended() {
    const auto lock = quiet();
    context_.journal.with_store(
        [&](auto& s) { context_.notify([&](Observer& o) { o.on_model_ended(s, context_.journal.run()); }); });
  }

  void prepare_references() {
    const auto& suite = context_.plan.suite;
    if (evaluator_ == nullptr || !suite.reference) return;
    std::vector<std::string> missing;
    const auto keys = reference_keys(suite, metrics_);
    context_.journal.with_store([&](auto& s) {
      for (const auto& [feature, key] : keys)
        if (!s.reference(key)) missing.push_back(feature);
    });
    if (missing.empty()) return;
    context_.notify([&](Observer& o) { o.on_stage("preparing the reference set"); });
    const auto lock = quiet();
    const auto features =
        evaluator_->reference(suite.reference->kind, suite.reference->count, suite.reference->seed, missing);
    context_.journal.with_store([&](auto& s) {
      for (const auto& [feature, data] : features) s.put_reference(keys.at(feature), data);
    });
  }

  void evaluate(EvaluationItem item) {
    // Prompts that are there for other dimensions are asked about other metrics.
    std::map<std::vector<std::string>, std::vector<size_t>> open;
    for (size_t i = 0; i < item.samples.size(); ++i) {
      item.samples[i].measurements = cached(item.samples[i], item.asked[i]);
      if (!item.samples[i].measurements) open[ids_for(item.asked[i])].push_back(i);
    }
    for (const auto& [ids, samples] : open)
      if (!measure(item, samples, ids)) return;
    for (size_t i = 0; i < item.samples.size(); ++i) {
      auto& sample = item.samples[i];
      if (sample.measurements) tell_what_was_not_asked(item.asked[i], *sample.measurements);
      sample.state = sample.measurements ? store::SampleState::kEvaluated : store::SampleState::kFailed;
      if (!sample.measurements && !sample.failure)
        sample.failure = store::Failure{"bad-output", "the metric worker gave no result for this video", ""};
    }
    context_.journal.commit(item.samples);
    report(item.samples);
  }

  [[nodiscard]] std::vector<std::string> ids_for(const store::Asked& asked) const {
    std::vector<std::string> ids;
    for (const auto& metric : metrics_)
      if (store::not_asked(metric, asked).empty()) ids.push_back(metric.id);
    return ids;
  }

  void tell_what_was_not_asked(const store::Asked& asked, store::Measurements& measurements) const {
    for (const auto& metric : metrics_)
      if (const std::string reason = store::not_asked(metric, asked); !reason.empty())
        measurements.missing[metric.id] = reason;
  }

  // All that is asked for, or nothing.
  [[nodiscard]] std::optional<store::Measurements> cached(const store::SampleRecord& sample,
                                                          const store::Asked& asked) {
    const auto ids = ids_for(asked);
    if (ids.empty()) return store::Measurements{};
    if (!context_.options.use_cache) return std::nullopt;
    auto found = context_.journal.with_store([&](auto& s) {
      return scores_.find(s, {sample.video->sha256, asked, ""});
    });
    const auto lacks = [&](const auto& id) {
      return std::find(found.lacking.begin(), found.lacking.end(), id) != found.lacking.end();
    };
    if (std::any_of(ids.begin(), ids.end(), lacks)) return std::nullopt;
    ++context_.scored_from_cache;
    return std::move(found.measurements);
  }

  // False when the run stops before there are results; the samples then stay "generated".
  bool measure(EvaluationItem& item, const std::vector<size_t>& samples,
               const std::vector<std::string>& ids) {
    std::vector<workers::EvaluateRequest> requests;
    for (const size_t i : samples)
      requests.push_back({item.samples[i].id, item.samples[i].video->path, item.asked[i], {}});
    std::map<std::string, workers::EvaluateOutcome> outcomes;
    {
      const auto lock = quiet();
      for (auto& outcome : evaluator_->evaluate(requests, ids, context_.stop)) {
        const std::string id = outcome.id;
        outcomes.emplace(id, std::move(outcome));
      }
    }
    if (context_.stop.stop_requested()) return false;
    std::vector<store::ScoreEntry> entries;
    for (const size_t i : samples) {
      auto& sample = item.samples[i];
      const auto found = outcomes.find(sample.id);
      if (found == outcomes.end()) continue;
      sample.measurements = found->second.measurements;
      sample.failure = found->second.failure;
      if (!sample.measurements) continue;
      auto more = scores_.entries({sample.video->sha256, item.asked[i], ""}, ids, *sample.measurements);
      std::move(more.begin(), more.end(), std::back_inserter(entries));
    }
    context_.journal.with_store([&](auto& s) { s.put_scores(entries); });
    return true;
  }

  void report(std::vector<store::SampleRecord>& samples) {
    for (const auto& sample : samples) {
      context_.open.ended(sample.model, 1);
      context_.notify([&](Observer& o) {
        o.on_samples(sample.model, sample.state, 1, 0);
        if (sample.failure) o.on_failure(sample.id, *sample.failure, false);
      });
      if (sample.failure && context_.options.fail_fast) context_.halt = true;
    }
  }

  Context& context_;
  workers::Evaluator* evaluator_;
  const std::vector<store::MetricInfo>& metrics_;
  ScoreCache scores_;
};

}  // namespace

std::vector<store::MetricInfo> select_metrics(const suites::Suite& suite,
                                              const std::vector<store::MetricInfo>& offered) {
  std::vector<store::MetricInfo> selected;
  std::vector<std::string> names;
  for (const auto& metric : offered) names.push_back(metric.id);
  for (const std::string& id : suite.metrics) {
    const auto found = std::find(names.begin(), names.end(), id);
    if (found == names.end())
      throw_input(
          fmt::format("suite '{}' asks for metric '{}', which the metric worker does not have", suite.id, id),
          suggestion(id, names));
    selected.push_back(offered[static_cast<size_t>(found - names.begin())]);
    if (!selected.back().unavailable.empty())
      throw_environment(fmt::format("suite '{}': metric '{}' is unavailable: {}", suite.id, id,
                                    selected.back().unavailable));
    if (!suite.reference && store::needs(selected.back(), "reference"))
      throw_input(fmt::format("suite '{}': metric '{}' needs a reference set", suite.id, id),
                  "add 'reference:' to the suite, or drop the metric");
    if (store::needs(selected.back(), "paired"))
      throw_input(
          fmt::format("suite '{}': metric '{}' needs a paired video for each generated one", suite.id, id),
          "drop the metric; `vidbench score VIDEOS --paired OTHER` computes it");
  }
  return selected;
}

std::map<std::string, std::string> reference_keys(const suites::Suite& suite,
                                                  const std::vector<store::MetricInfo>& metrics) {
  std::map<std::string, std::string> keys;
  if (!suite.reference) return keys;
  for (const auto& metric : metrics) {
    if (!metric.is_set || !store::needs(metric, "reference")) continue;
    const Json content = {{"kind", suite.reference->kind}, {"count", suite.reference->count},
                          {"seed", suite.reference->seed}, {"features", metric.features},
                          {"version", metric.version},     {"weights", metric.weights_sha256}};
    keys.emplace(metric.features, sha256_hex("vidbench.reference/1" + content.dump()));
  }
  return keys;
}

void evaluate_samples(Context& context, workers::Evaluator* evaluator,
                      const std::vector<store::MetricInfo>& metrics) {
  Evaluation(context, evaluator, metrics).run();
}

}  // namespace vidbench::engine
