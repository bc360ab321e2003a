// Numbers of whole sets of videos by content: a statistic of the same videos is not reduced again, and their
// features are not even read.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/digest_memo.h"
#include "stats/bootstrap.h"
#include "store/store.h"

namespace vidbench::engine {

class SetScoreCache {
 public:
  // Of these videos, compared with those of the reference; their digests come from the memo. Videos without
  // one (folders of pictures, files that cannot be read) have nothing kept.
  SetScoreCache(store::Store& store, const DigestMemo& digests,
                const std::vector<store::VideoMeasurements>& videos,
                const std::vector<store::VideoMeasurements>& reference);

  [[nodiscard]] std::optional<stats::Interval> find(const store::MetricInfo& metric) const;
  // For a number that all videos have a part in.
  void keep(const store::MetricInfo& metric, const stats::Interval& interval) const;

 private:
  [[nodiscard]] std::string key(const store::MetricInfo& metric) const;

  store::Store& store_;
  std::string videos_, reference_;  // digests of the sets, "" for none
};

}  // namespace vidbench::engine
