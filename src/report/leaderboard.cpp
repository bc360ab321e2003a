#include "report/leaderboard.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "report/format.h"
#include "stats/ranking.h"

namespace vidbench::report {
namespace {

std::string profile_of(const RunData& data, const std::string& asked) {
  if (!asked.empty()) {
    require_profile(asked);
    return asked;
  }
  const Json suite = data.run.manifest.value("suite", Json::object());
  const Json profile = suite.is_object() ? suite.value("profile", Json()) : Json();
  if (profile.is_string() && !profile.get<std::string>().empty()) {
    require_profile(profile);
    return profile;
  }
  return "balanced";
}

LeaderboardEntry make_entry(const ModelEstimates& estimates, const ModelSamples& samples, const RunData& data,
                            const std::string& profile, std::vector<double>& replicates) {
  LeaderboardEntry entry;
  entry.model = estimates.model;
  if (samples.facts && samples.facts->settings.is_object()) entry.settings = samples.facts->settings;
  for (const auto& [metric, estimate] : estimates.metrics) entry.metrics[metric] = estimate.interval;
  entry.missing = estimates.missing;
  entry.planned = estimates.planned;
  entry.done = estimates.done;
  entry.failed = estimates.failed;
  entry.score = compute_score(estimates, data.metrics, profile, &replicates);
  const Score quality = compute_score(estimates, data.metrics, "quality");
  entry.quality = quality.value;
  entry.quality_low = quality.low;
  entry.quality_high = quality.high;
  return entry;
}

void rank_entries(std::vector<LeaderboardEntry>& entries,
                  const std::vector<std::vector<double>>& replicates) {
  std::vector<double> values;
  std::vector<std::vector<double>> drawn;
  std::vector<LeaderboardEntry*> ranked;
  for (size_t i = 0; i < entries.size(); ++i) {
    if (!entries[i].score.value) continue;
    ranked.push_back(&entries[i]);
    values.push_back(*entries[i].score.value);
    drawn.push_back(replicates[i]);
  }
  const auto intervals = stats::rank_intervals(values, drawn, stats::Better::kHigher);
  for (size_t i = 0; i < ranked.size(); ++i) {
    ranked[i]->rank = intervals[i].rank;
    ranked[i]->rank_low = intervals[i].rank_low;
    ranked[i]->rank_high = intervals[i].rank_high;
  }
}

void mark_pareto(std::vector<LeaderboardEntry>& entries) {
  std::vector<std::vector<double>> points;
  std::vector<LeaderboardEntry*> owners;
  for (LeaderboardEntry& entry : entries) {
    if (!entry.quality || !entry.metrics.contains("latency")) continue;
    points.push_back({*entry.quality, entry.metrics.at("latency").value});
    owners.push_back(&entry);
  }
  const std::vector<stats::Better> better = {stats::Better::kHigher, stats::Better::kLower};
  const std::vector<bool> front = stats::pareto_front(points, better);
  for (size_t i = 0; i < owners.size(); ++i) owners[i]->pareto = front[i];
}

bool is_headline(const store::MetricInfo& metric) {
  return metric.id == "latency" || metric.id == "throughput" || metric.id == "peak_memory";
}

// What people choose by first, then quality, then details.
std::vector<store::MetricInfo> present_columns(const RunData& data,
                                               const std::vector<LeaderboardEntry>& entries) {
  std::vector<store::MetricInfo> columns;
  const auto add = [&](const store::MetricInfo& metric) {
    if (std::any_of(entries.begin(), entries.end(),
                    [&](auto& entry) { return entry.metrics.contains(metric.id); }))
      columns.push_back(metric);
  };
  for (const store::MetricInfo& metric : performance_metrics())
    if (is_headline(metric)) add(metric);
  for (const store::MetricInfo& metric : data.metrics) add(metric);
  for (const store::MetricInfo& metric : performance_metrics())
    if (!is_headline(metric)) add(metric);
  return columns;
}

void add_notes(Leaderboard& board, const std::vector<ModelEstimates>& estimates) {
  for (const LeaderboardEntry& entry : board.entries) {
    if (entry.failed > 0)
      board.notes.push_back(
          fmt::format("{}: {} of {} samples failed", entry.model, entry.failed, entry.planned));
    const size_t open = entry.planned - entry.done - entry.failed;
    if (open > 0)
      board.notes.push_back(
          fmt::format("{}: {} of {} samples are not done yet", entry.model, open, entry.planned));
    if (!entry.score.value)
      board.notes.push_back(fmt::format("{}: no score, {}", entry.model, entry.score.reason));
  }
  size_t cached = 0, done = 0;
  for (const ModelEstimates& model : estimates) {
    cached += model.cached_timings;
    done += model.done;
  }
  if (cached > 0)
    board.notes.push_back(
        fmt::format("{} of {} timings come from earlier generations (cache)", cached, done));
}

Leaderboard describe(const RunData& data, const std::string& profile) {
  Leaderboard board;
  board.run = data.run.id;
  board.directory = data.run.directory;
  board.state = store::to_string(data.run.state);
  board.suite = data.run.suite;
  board.suite_digest = data.run.suite_digest;
  board.created_at = data.run.created_at;
  board.profile = profile;
  board.definition = score_definition(data, profile);
  board.digest = definition_digest(board.definition);
  std::set<std::string> prompts;
  std::set<uint64_t> seeds;
  for (const Unit& unit : data.units) {
    prompts.insert(unit.first);
    seeds.insert(unit.second);
  }
  board.prompts = prompts.size();
  board.seeds.assign(seeds.begin(), seeds.end());
  return board;
}

}  // namespace

Leaderboard build_leaderboard(const RunData& data, const std::string& profile) {
  Leaderboard board = describe(data, profile_of(data, profile));
  const std::vector<ModelEstimates> estimates = estimate(data);
  std::vector<std::vector<double>> replicates(estimates.size());
  for (size_t i = 0; i < estimates.size(); ++i)
    board.entries.push_back(make_entry(estimates[i], data.models[i], data, board.profile, replicates[i]));
  rank_entries(board.entries, replicates);
  mark_pareto(board.entries);
  std::stable_sort(board.entries.begin(), board.entries.end(), [](const auto& a, const auto& b) {
    return (a.rank == 0 ? SIZE_MAX : a.rank) < (b.rank == 0 ? SIZE_MAX : b.rank);
  });
  board.columns = present_columns(data, board.entries);
  add_notes(board, estimates);
  return board;
}

Leaderboard build_leaderboard(store::Store& store, const std::string& run, const std::string& profile) {
  return build_leaderboard(load_run_data(store, run, true), profile);
}

namespace {

const LeaderboardEntry* fastest(const Leaderboard& board) {
  const LeaderboardEntry* best = nullptr;
  for (const LeaderboardEntry& entry : board.entries) {
    if (!entry.pareto) continue;
    if (!best || entry.metrics.at("latency").value < best->metrics.at("latency").value) best = &entry;
  }
  return best;
}

std::string rivals(const Leaderboard& board) {
  std::string names;
  for (size_t i = 1; i < board.entries.size(); ++i)
    if (board.entries[i].rank > 0 && board.entries[i].rank_low <= 1)
      names += (names.empty() ? "" : ", ") + printable(board.entries[i].model);
  return names;
}

}  // namespace

std::string verdict(const Leaderboard& board) {
  if (board.entries.empty()) return "Nothing was planned in this run.";
  const LeaderboardEntry& first = board.entries.front();
  if (!first.score.value) return fmt::format("No model has a score yet: {}.", printable(first.score.reason));
  const std::string name = printable(first.model);
  std::string text =
      fmt::format("{} scores highest ({:.1f} of 100, profile {})", name, *first.score.value, board.profile);
  if (const std::string close = rivals(board); !close.empty())
    text += fmt::format(", but these samples cannot tell it apart from {}", close);
  else if (board.entries.size() > 1)
    text += ", and stays first in at least 95 % of redraws";
  const LeaderboardEntry* fast = fastest(board);
  if (fast && fast != &first) {
    text += fmt::format(
        "; the fastest choice on the Pareto front is {} ({} a video, quality {:.1f} against {:.1f})",
        printable(fast->model), format_value(fast->metrics.at("latency").value, "s"), *fast->quality,
        *first.quality);
  }
  return text + ".";
}

}  // namespace vidbench::report
