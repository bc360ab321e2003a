// Scores videos that are already there, whoever made them.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "store/store.h"
#include "workers/evaluator.h"

namespace vidbench::engine {

struct ScoringProgress {
  size_t done = 0, total = 0, failed = 0, from_cache = 0;  // videos
};

struct ScoringOptions {
  bool use_cache = true;
  std::filesystem::path digests;  // where the digests of files that were read before are remembered
  size_t batch = 4;               // videos that the worker is asked for at once
};

// Measures each video, or finds what was measured of the same bytes before; each batch is kept at once, so
// that an interrupted call goes on where it was. A video that cannot be measured has a failure and stops
// nothing. After a stop request the rest is left without either. `on_progress` is called after each batch.
// Throws as Evaluator::evaluate.
ScoringProgress score_videos(store::Store& store, workers::Evaluator& evaluator,
                             const std::vector<store::MetricInfo>& metrics,
                             std::vector<store::VideoMeasurements>& videos, const ScoringOptions& options,
                             const std::function<void(const ScoringProgress&)>& on_progress,
                             std::stop_token stop);

// The rows of the set metric's features of the videos that have them, in order.
[[nodiscard]] store::ReferenceFeatures collect_features(const std::vector<store::VideoMeasurements>& videos,
                                                        const store::MetricInfo& metric);

}  // namespace vidbench::engine
