// What `vidbench score` tells: each metric over a folder of videos, and each video's own values.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "report/table.h"
#include "stats/bootstrap.h"
#include "store/records.h"

namespace vidbench::report {

struct MetricScore {
  store::MetricInfo metric;
  std::optional<stats::Interval>
      interval;         // 95 %, over redraws of the videos; the reference set is held fixed
  std::string missing;  // why there is no number
};

struct Coverage {
  size_t found = 0, scored = 0, failed = 0;
};

// How far the numbers of a reduced precision lie from float32's, where both were computed.
struct PrecisionError {
  std::string precision;
  size_t videos = 0;  // that both were computed of
  std::map<std::string, double>
      largest;  // metric id -> relative error of a video's value, or of its features
};

struct VideoScores {
  std::vector<MetricScore> metrics;  // as asked for
  std::vector<store::VideoMeasurements> videos;
  std::vector<store::VideoMeasurements> reference;  // empty without one
  std::optional<PrecisionError> precision;          // of networks that did not compute in float32
};

// Fills `metrics` with the numbers of the videos; `references` holds the reference set's features by feature
// id. Sample metrics: the mean over the videos that have it. Depends on the videos and their order alone.
[[nodiscard]] std::vector<MetricScore> score_metrics(
    const std::vector<store::MetricInfo>& metrics, const std::vector<store::VideoMeasurements>& videos,
    const std::map<std::string, store::ReferenceFeatures>& references);

// Largest over the videos that both lists have measurements of: |a - b| / |b| of values, and in the norm of
// features.
[[nodiscard]] std::map<std::string, double> largest_errors(
    const std::vector<store::MetricInfo>& metrics, const std::vector<store::VideoMeasurements>& videos,
    const std::vector<store::VideoMeasurements>& exact);

[[nodiscard]] Coverage coverage(const std::vector<store::VideoMeasurements>& videos);

[[nodiscard]] Json to_json(const VideoScores& scores);  // vidbench.score/1
// Where the page finds the videos, by file: relative URLs.
using VideoLinks = std::map<std::string, std::string>;
// A page with the metrics, their distributions and every video beside its values; `title` says what was
// scored.
[[nodiscard]] std::string render_html(const VideoScores& scores, const std::string& title,
                                      const VideoLinks& links);

[[nodiscard]] Table metrics_table(const VideoScores& scores);
[[nodiscard]] Table videos_table(const VideoScores& scores);  // one row a video

}  // namespace vidbench::report
