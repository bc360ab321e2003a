// The corruption ladder: which metrics move the right way when videos get worse.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "media/video.h"
#include "metrics/registry.h"
#include "report/table.h"

namespace vidbench {

inline constexpr int kAuditLevels = 4;  // level 0 is the video as it is

struct AuditVideo {
  media::Video video;
  std::string prompt, wrong_prompt;  // "": metrics of prompts are not judged
};

// One metric under one corruption.
struct AuditCell {
  std::string metric, corruption;
  std::vector<double> values;  // a level: the mean over the videos, or the statistic of the set
  // Rank correlation of the level with how much worse the metric calls the videos: 1 when every step is worse
  // than the one before, 0 when it is blind, -1 when the metric likes the corruption.
  double correlation = 0;
  std::string missing;  // why there are no values
};

struct Audit {
  std::vector<store::MetricInfo> metrics;
  std::vector<std::string> corruptions;
  std::vector<AuditCell> cells;  // metric by metric, in that order of corruptions
  size_t videos = 0;
};

// `references` are the videos that set metrics compare with. `on_progress` is told what is being done. A
// metric that cannot judge a corrupted video is judged on the others.
[[nodiscard]] Audit audit(const metrics::Registry& registry,
                          const std::vector<const metrics::Metric*>& metrics,
                          const std::vector<AuditVideo>& videos, const std::vector<media::Video>& references,
                          const std::function<void(const std::string&)>& on_progress);

[[nodiscard]] Json to_json(const Audit& audit);  // vidbench.audit/1
[[nodiscard]] report::Table audit_table(const Audit& audit);

}  // namespace vidbench
