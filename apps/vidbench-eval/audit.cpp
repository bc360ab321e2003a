#include "audit.h"

#include <fmt/format.h>

#include <map>
#include <numeric>
#include <optional>

#include "engine/scoring.h"
#include "metrics/corruption.h"
#include "metrics/measure.h"
#include "report/set_statistic.h"
#include "stats/rank_correlation.h"

namespace vidbench {
namespace {

constexpr const char* kWrongCaption = "wrong-caption";

using Videos = std::vector<store::VideoMeasurements>;  // of one level

class Auditor {
 public:
  Auditor(const metrics::Registry& registry, const std::vector<const metrics::Metric*>& metrics,
          const std::vector<AuditVideo>& videos)
      : registry_(registry), metrics_(metrics), videos_(videos) {}

  void measure_references(const std::vector<media::Video>& references) {
    std::vector<const metrics::Metric*> compared;
    for (const metrics::Metric* metric : metrics_)
      if (metric->info.is_set && store::needs(metric->info, "reference")) compared.push_back(metric);
    Videos measured;
    for (const media::Video& video : references) measured.push_back(measure(compared, video, video, ""));
    for (const metrics::Metric* metric : compared)
      references_[metric->info.features] = engine::collect_features(measured, metric->info);
  }

  [[nodiscard]] Videos measure(const metrics::Corruption* corruption, int level) const {
    std::vector<const metrics::Metric*> of_prompts;
    for (const metrics::Metric* metric : metrics_)
      if (store::needs(metric->info, "prompt")) of_prompts.push_back(metric);
    Videos measured;
    for (size_t i = 0; i < videos_.size(); ++i) {
      const AuditVideo& one = videos_[i];
      // At level k the first k of every three videos are judged by a prompt that is wrong.
      const bool wrong = static_cast<int>(i % (kAuditLevels - 1)) < level;
      measured.push_back(
          corruption == nullptr
              ? measure(of_prompts, one.video, one.video, wrong ? one.wrong_prompt : one.prompt)
              : measure(metrics_, corruption->apply(one.video, level, i), one.video, one.prompt));
    }
    return measured;
  }

  [[nodiscard]] AuditCell judge(const store::MetricInfo& metric, const std::string& corruption,
                                const std::vector<Videos>& levels) const {
    AuditCell cell{metric.id, corruption, {}, 0, ""};
    if (corruption == kWrongCaption && !store::needs(metric, "prompt")) {
      cell.missing = "reads no prompt";
      return cell;
    }
    for (const Videos& videos : levels) {
      const std::optional<double> value = metric.is_set ? statistic(metric, videos) : mean(metric, videos);
      if (!value) {
        cell.missing = reason(metric, videos);
        cell.values.clear();
        return cell;
      }
      cell.values.push_back(*value);
    }
    const double rising = stats::rank_correlation(cell.values);
    cell.correlation = metric.higher_is_better ? -rising : rising;
    return cell;
  }

 private:
  [[nodiscard]] store::VideoMeasurements measure(const std::vector<const metrics::Metric*>& metrics,
                                                 const media::Video& video, const media::Video& original,
                                                 const std::string& prompt) const {
    metrics::Sample sample(registry_, video, {prompt}, [&original] { return original; });
    store::VideoMeasurements result;
    result.measurements.emplace();
    for (const metrics::Metric* metric : metrics) metrics::measure(*metric, sample, *result.measurements);
    return result;
  }

  static std::string reason(const store::MetricInfo& metric, const Videos& videos) {
    for (const auto& video : videos)
      if (const auto found = video.measurements->missing.find(metric.id);
          found != video.measurements->missing.end())
        return found->second;
    return "not measured";
  }

  static std::optional<double> mean(const store::MetricInfo& metric, const Videos& videos) {
    std::vector<double> values;
    for (const auto& video : videos)
      if (const auto found = video.measurements->values.find(metric.id);
          found != video.measurements->values.end())
        values.push_back(found->second);
    if (values.empty()) return std::nullopt;
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  }

  [[nodiscard]] std::optional<double> statistic(const store::MetricInfo& metric, const Videos& videos) const {
    std::vector<const std::vector<float>*> rows;
    for (const auto& video : videos)
      if (const auto found = video.measurements->features.find(metric.features);
          found != video.measurements->features.end())
        rows.push_back(&found->second);
    if (rows.size() < 2) return std::nullopt;
    const auto reference = references_.find(metric.features);
    const auto statistic =
        report::set_statistic(metric, rows, reference == references_.end() ? nullptr : &reference->second);
    return statistic.evaluate(Eigen::VectorXd::Ones(static_cast<Eigen::Index>(rows.size())));
  }

  const metrics::Registry& registry_;
  const std::vector<const metrics::Metric*>& metrics_;
  const std::vector<AuditVideo>& videos_;
  std::map<std::string, store::ReferenceFeatures> references_;
};

}  // namespace

Audit audit(const metrics::Registry& registry, const std::vector<const metrics::Metric*>& metrics,
            const std::vector<AuditVideo>& videos, const std::vector<media::Video>& references,
            const std::function<void(const std::string&)>& on_progress) {
  Audit result;
  result.videos = videos.size();
  for (const metrics::Metric* metric : metrics) result.metrics.push_back(metric->info);
  Auditor auditor(registry, metrics, videos);
  on_progress("the reference videos");
  auditor.measure_references(references);
  std::vector<std::pair<std::string, std::vector<Videos>>> ladders;
  const auto climb = [&](const std::string& name, const metrics::Corruption* corruption) {
    result.corruptions.push_back(name);
    auto& levels = ladders.emplace_back(name, std::vector<Videos>{}).second;
    for (int level = 0; level < kAuditLevels; ++level) {
      on_progress(fmt::format("{}, level {} of {}", name, level, kAuditLevels - 1));
      // Every ladder begins at the same videos.
      if (level == 0 && corruption != nullptr && !ladders.front().second.empty())
        levels.push_back(ladders.front().second.front());
      else
        levels.push_back(auditor.measure(corruption, level));
    }
  };
  for (const metrics::Corruption& corruption : metrics::corruptions()) climb(corruption.name, &corruption);
  climb(kWrongCaption, nullptr);
  for (const auto& metric : result.metrics)
    for (const auto& [name, levels] : ladders) result.cells.push_back(auditor.judge(metric, name, levels));
  return result;
}

Json to_json(const Audit& audit) {
  Json metrics = Json::object();
  for (const auto& metric : audit.metrics)
    metrics[metric.id] = {{"better", metric.higher_is_better ? "higher" : "lower"},
                          {"corruptions", Json::object()}};
  for (const AuditCell& cell : audit.cells) {
    Json& entry = metrics[cell.metric]["corruptions"][cell.corruption];
    if (cell.missing.empty())
      entry = {{"values", cell.values}, {"correlation", cell.correlation}};
    else
      entry = {{"missing", cell.missing}};
  }
  return {{"schema", "vidbench.audit/1"},
          {"videos", audit.videos},
          {"levels", kAuditLevels},
          {"corruptions", audit.corruptions},
          {"metrics", metrics}};
}

report::Table audit_table(const Audit& audit) {
  report::Table table;
  table.columns = {{"metric"}};
  for (const std::string& corruption : audit.corruptions) table.columns.push_back({corruption, true});
  for (size_t i = 0; i < audit.metrics.size(); ++i) {
    std::vector<report::Cell> row = {{audit.metrics[i].id}};
    for (size_t c = 0; c < audit.corruptions.size(); ++c) {
      const AuditCell& cell = audit.cells[i * audit.corruptions.size() + c];
      if (!cell.missing.empty()) {
        row.push_back({"–", report::Emphasis::kDim});
        continue;
      }
      const auto emphasis = cell.correlation > 0.75    ? report::Emphasis::kGood
                            : cell.correlation < -0.25 ? report::Emphasis::kBad
                                                       : report::Emphasis::kNone;
      row.push_back({fmt::format("{:+.1f}", cell.correlation + 0.0), emphasis});
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

}  // namespace vidbench
