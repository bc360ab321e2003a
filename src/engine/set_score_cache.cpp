#include "engine/set_score_cache.h"

#include <filesystem>

#include "base/error.h"
#include "base/hash.h"
#include "base/json.h"

namespace vidbench::engine {
namespace {

// "" when one of them has none.
std::string digest_of(const DigestMemo& digests, const std::vector<store::VideoMeasurements>& videos) {
  Sha256 all;
  for (const auto& video : videos) {
    if (std::filesystem::is_directory(video.path)) return "";
    try {
      all.update(digests.sha256(video.path));
    } catch (const Error&) {
      return "";
    }
    all.update(sha256_hex(video.asked.prompt + document(video.asked.auxiliary, -1)));
  }
  return all.hex();
}

}  // namespace

SetScoreCache::SetScoreCache(store::Store& store, const DigestMemo& digests,
                             const std::vector<store::VideoMeasurements>& videos,
                             const std::vector<store::VideoMeasurements>& reference)
    : store_(store), videos_(digest_of(digests, videos)), reference_(digest_of(digests, reference)) {}

std::string SetScoreCache::key(const store::MetricInfo& metric) const {
  const bool compared = store::needs(metric, "reference");
  if (videos_.empty() || (compared && reference_.empty())) return "";
  // The program's version: its statistics are part of the number.
  return sha256_hex(document(
      {"vidbench.set-score/1", VIDBENCH_VERSION, metric.id, metric.version, metric.reducer, metric.features,
       metric.row_size, metric.weights_sha256, metric.precision, videos_, compared ? reference_ : ""},
      -1));
}

std::optional<stats::Interval> SetScoreCache::find(const store::MetricInfo& metric) const {
  const std::string name = key(metric);
  const auto found = name.empty() ? std::nullopt : store_.score(name);
  if (!found) return {};
  const auto& values = found->values;
  return stats::Interval{values.at("value"), values.at("low"), values.at("high"),
                         static_cast<size_t>(values.at("n"))};
}

void SetScoreCache::keep(const store::MetricInfo& metric, const stats::Interval& interval) const {
  const std::string name = key(metric);
  if (name.empty()) return;
  const std::vector<store::ScoreEntry> entries = {{name,
                                                   {.values = {{"value", interval.value},
                                                               {"low", interval.low},
                                                               {"high", interval.high},
                                                               {"n", static_cast<double>(interval.n)}}}}};
  store_.put_scores(entries);
}

}  // namespace vidbench::engine
