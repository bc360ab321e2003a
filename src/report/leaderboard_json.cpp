#include <cmath>

#include "report/leaderboard.h"

namespace vidbench::report {
namespace {

// JSON has no NaN: what is not a number is null.
Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json score_json(const Score& score) {
  Json json = {{"value", score.value ? number(*score.value) : Json(nullptr)}, {"profile", score.profile}};
  if (score.value) {
    json["low"] = number(score.low);
    json["high"] = number(score.high);
  } else {
    json["reason"] = score.reason;
  }
  json["parts"] = Json::array();
  for (const ScorePart& part : score.parts) {
    json["parts"].push_back({{"metric", part.metric},
                             {"group", part.group},
                             {"weight", part.weight},
                             {"normalised", number(part.normalised)},
                             {"points", number(part.points())}});
  }
  return json;
}

Json metric_json(const stats::Interval& interval, const store::MetricInfo& metric) {
  return {{"value", number(interval.value)},
          {"low", number(interval.low)},
          {"high", number(interval.high)},
          {"n", interval.n},
          {"unit", metric.unit},
          {"better", metric.higher_is_better ? "higher" : "lower"}};
}

Json entry_json(const LeaderboardEntry& entry, const std::vector<store::MetricInfo>& columns) {
  const auto rank = [&](size_t value) { return entry.rank == 0 ? Json(nullptr) : Json(value); };
  Json json = {{"model", entry.model},
               {"settings", entry.settings},
               {"rank", rank(entry.rank)},
               {"rank_low", rank(entry.rank_low)},
               {"rank_high", rank(entry.rank_high)},
               {"pareto", entry.pareto},
               {"score", score_json(entry.score)},
               {"quality", entry.quality ? number(*entry.quality) : Json(nullptr)},
               {"metrics", Json::object()},
               {"missing", entry.missing},
               {"samples", {{"planned", entry.planned}, {"done", entry.done}, {"failed", entry.failed}}}};
  for (const store::MetricInfo& column : columns) {
    const auto found = entry.metrics.find(column.id);
    if (found != entry.metrics.end() && std::isfinite(found->second.value))
      json["metrics"][column.id] = metric_json(found->second, column);
  }
  return json;
}

}  // namespace

Json to_json(const Leaderboard& board) {
  Json json = {{"schema", "vidbench.leaderboard/1"},
               {"run", board.run},
               {"state", board.state},
               {"suite", board.suite},
               {"suite_digest", board.suite_digest},
               {"profile", board.profile},
               {"definition", board.definition},
               {"definition_digest", board.digest},
               {"entries", Json::array()},
               {"notes", board.notes}};
  for (const LeaderboardEntry& entry : board.entries)
    json["entries"].push_back(entry_json(entry, board.columns));
  return json;
}

}  // namespace vidbench::report
