#include "engine/score_cache.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/hash.h"
#include "base/json.h"

namespace vidbench::engine {
namespace {

std::string key_of(const store::MetricInfo& metric, const ScoreCache::Subject& subject) {
  const std::string what = metric.is_set ? "feature " + metric.features : "metric " + metric.id;
  // Without a precision the key is as it was before there was one.
  const std::string network =
      metric.precision.empty() ? metric.weights_sha256 : metric.weights_sha256 + " " + metric.precision;
  // What holds anything comes last; without auxiliary facts the key is as it was before there were any.
  const std::string auxiliary =
      store::needs(metric, "auxiliary") ? "\n" + document(subject.asked.auxiliary, -1) : "";
  return sha256_hex(fmt::format("vidbench.score-cache/2\n{}\n{}{}\n{}\n{}\n{}", subject.video_sha256,
                                store::needs(metric, "paired") ? "paired " + subject.paired_sha256 + " " : "",
                                what, metric.version, network,
                                store::needs(metric, "prompt") ? subject.asked.prompt : "") +
                    auxiliary);
}

// What `all` has of one metric.
store::Measurements part_of(const store::MetricInfo& metric, const store::Measurements& all) {
  store::Measurements part;
  if (const auto found = all.values.find(metric.id); found != all.values.end()) part.values.insert(*found);
  if (const auto found = all.missing.find(metric.id); found != all.missing.end()) part.missing.insert(*found);
  if (const auto found = all.features.find(metric.features); metric.is_set && found != all.features.end())
    part.features.insert(*found);
  return part;
}

// Whether the part tells the metric, or why it is missing. Two set metrics share the entry of their features;
// the reason for a missing one names the metric that asked first.
bool complete(const store::MetricInfo& metric, store::Measurements& part) {
  if (metric.is_set && part.features.empty() && !part.missing.empty()) {
    const std::string reason = part.missing.begin()->second;
    part.missing = {{metric.id, reason}};
  }
  return !part.values.empty() || !part.features.empty() || !part.missing.empty();
}

}  // namespace

void merge(store::Measurements& into, const store::Measurements& more) {
  into.values.insert(more.values.begin(), more.values.end());
  into.features.insert(more.features.begin(), more.features.end());
  into.missing.insert(more.missing.begin(), more.missing.end());
}

ScoreCache::Found ScoreCache::find(store::Store& store, const Subject& subject) const {
  Found found;
  for (const store::MetricInfo& metric : metrics_) {
    auto part = store.score(key_of(metric, subject));
    if (part && complete(metric, *part))
      merge(found.measurements, *part);
    else
      found.lacking.push_back(metric.id);
  }
  return found;
}

std::vector<store::ScoreEntry> ScoreCache::entries(const Subject& subject,
                                                   const std::vector<std::string>& ids,
                                                   const store::Measurements& measurements) const {
  std::vector<store::ScoreEntry> entries;
  for (const store::MetricInfo& metric : metrics_) {
    if (std::find(ids.begin(), ids.end(), metric.id) == ids.end()) continue;
    store::Measurements part = part_of(metric, measurements);
    if (!part.values.empty() || !part.features.empty() || !part.missing.empty())
      entries.push_back({key_of(metric, subject), std::move(part)});
  }
  return entries;
}

}  // namespace vidbench::engine
