#include "audit.h"

#include <fmt/format.h>

#include <cmath>
#include <map>
#include <optional>

#include "base/error.h"
#include "metrics/corruption.h"
#include "report/set_statistic.h"
#include "stats/rank_correlation.h"

namespace vidbench {
namespace {

constexpr const char* kWrongCaption = "wrong-caption";

// What was measured of the videos of one level.
struct Level {
  std::map<std::string, std::vector<double>> values;                // metric → of the videos that have one
  std::map<std::string, std::vector<std::vector<float>>> features;  // feature → of the videos that have one
  std::map<std::string, std::string> missing;                       // metric → why a video has none
};

class Auditor {
 public:
  Auditor(const metrics::Registry& registry, const std::vector<const metrics::Metric*>& metrics,
          const std::vector<AuditVideo>& videos)
      : registry_(registry), metrics_(metrics), videos_(videos) {}

  void measure_references(const std::vector<media::Video>& references) {
    const std::string no_prompt;
    for (const media::Video& video : references) {
      metrics::Sample sample(registry_, video, no_prompt);
      for (const metrics::Metric* metric : metrics_)
        if (metric->info.is_set && store::needs(metric->info, "reference"))
          add_reference(metric->info.features, sample);
    }
  }

  Level measure(const metrics::Corruption* corruption, int level) {
    Level result;
    for (size_t i = 0; i < videos_.size(); ++i) {
      const AuditVideo& one = videos_[i];
      if (corruption == nullptr) {
        // At level k the first k of every three videos are judged by a prompt that is wrong.
        const bool wrong = static_cast<int>(i % (kAuditLevels - 1)) < level;
        measure(one.video, one.video, wrong ? one.wrong_prompt : one.prompt, /*prompts_only=*/true, result);
      } else {
        measure(corruption->apply(one.video, level, i), one.video, one.prompt, /*prompts_only=*/false,
                result);
      }
    }
    return result;
  }

  AuditCell judge(const store::MetricInfo& metric, const std::string& corruption,
                  const std::vector<Level>& levels) const {
    AuditCell cell{metric.id, corruption, {}, 0, ""};
    if (corruption == kWrongCaption && !store::needs(metric, "prompt")) {
      cell.missing = "reads no prompt";
      return cell;
    }
    for (const Level& level : levels) {
      const std::optional<double> value = metric.is_set ? statistic(metric, level) : mean(metric, level);
      if (!value) {
        const auto reason = level.missing.find(metric.id);
        cell.missing = reason == level.missing.end() ? "not measured" : reason->second;
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
  void measure(const media::Video& video, const media::Video& original, const std::string& prompt,
               bool prompts_only, Level& level) {
    metrics::Sample sample(registry_, video, prompt, [&original] { return original; });
    for (const metrics::Metric* metric : metrics_) {
      const bool reads_prompt = store::needs(metric->info, "prompt");
      if (prompts_only && !reads_prompt) continue;
      if (reads_prompt && prompt.empty()) {
        level.missing[metric->info.id] = "the videos have no prompts";
        continue;
      }
      try {
        if (metric->info.is_set)
          level.features[metric->info.features + metric->info.id].push_back(
              sample.feature(metric->info.features));
        else
          level.values[metric->info.id].push_back(metric->measure(sample));
      } catch (const Error& e) {
        if (e.code() != ErrorCode::kInput) throw;
        level.missing[metric->info.id] = e.what();
      }
    }
  }

  void add_reference(const std::string& feature, metrics::Sample& sample) {
    store::ReferenceFeatures& all = references_[feature];
    const std::vector<float>& vector = sample.feature(feature);
    all.dim = static_cast<int64_t>(vector.size());
    if (static_cast<int64_t>(all.data.size()) == all.rows * all.dim) {
      all.data.insert(all.data.end(), vector.begin(), vector.end());
      ++all.rows;
    }
  }

  static std::optional<double> mean(const store::MetricInfo& metric, const Level& level) {
    const auto found = level.values.find(metric.id);
    if (found == level.values.end() || found->second.empty()) return std::nullopt;
    double sum = 0;
    for (const double value : found->second) sum += value;
    return sum / static_cast<double>(found->second.size());
  }

  std::optional<double> statistic(const store::MetricInfo& metric, const Level& level) const {
    const auto found = level.features.find(metric.features + metric.id);
    if (found == level.features.end() || found->second.size() < 2) return std::nullopt;
    std::vector<const std::vector<float>*> rows;
    for (const auto& vector : found->second) rows.push_back(&vector);
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
  std::vector<std::pair<std::string, std::vector<Level>>> ladders;
  const auto climb = [&](const std::string& name, const metrics::Corruption* corruption) {
    result.corruptions.push_back(name);
    auto& levels = ladders.emplace_back(name, std::vector<Level>{}).second;
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
