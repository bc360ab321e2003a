#include "engine/scoring.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/digest_memo.h"
#include "base/error.h"
#include "engine/score_cache.h"

namespace vidbench::engine {
namespace {

// A video whose measurements are not all known.
struct Open {
  store::VideoMeasurements* video;
  ScoreCache::Subject subject;
  bool keep;  // the digests are known
  std::vector<std::string> lacking;
  store::Measurements known;
};

class Scoring {
 public:
  Scoring(store::Store& store, workers::Evaluator& evaluator, const std::vector<store::MetricInfo>& metrics,
          const ScoringOptions& options, std::stop_token stop)
      : store_(store),
        evaluator_(evaluator),
        metrics_(metrics),
        cache_(metrics),
        options_(options),
        digests_(options.digests),
        stop_(std::move(stop)) {
    for (const auto& metric : metrics) {
      ids_.push_back(metric.id);
      compares_ = compares_ || store::needs(metric, "paired");
    }
  }

  ScoringProgress run(std::vector<store::VideoMeasurements>& videos,
                      const std::function<void(const ScoringProgress&)>& on_progress) {
    progress_.total = videos.size();
    for (auto& video : videos) {
      if (stop_.stop_requested()) return progress_;
      if (open(video) && pending_.size() < options_.batch) continue;
      measure();
      on_progress(progress_);
    }
    measure();
    on_progress(progress_);
    return progress_;
  }

 private:
  // Of a file; folders of pictures have none.
  [[nodiscard]] std::string digest(const std::filesystem::path& path) const {
    return std::filesystem::is_directory(path) ? "" : digests_.sha256(path);
  }

  // True when the video waits for the worker; a batch asks for the same metrics of every video.
  bool open(store::VideoMeasurements& video) {
    ScoreCache::Subject subject{"", video.asked, ""};
    try {
      subject.video_sha256 = digest(video.path);
    } catch (const Error& e) {
      video.failure = store::Failure{"bad-output", e.what(), ""};
      ++progress_.failed;
      ++progress_.done;
      return false;
    }
    bool keep = !subject.video_sha256.empty();
    std::string unpaired = video.unpaired;
    if (compares_ && !video.paired.empty()) {
      try {
        subject.paired_sha256 = digest(video.paired);
        keep = keep && !subject.paired_sha256.empty();
      } catch (const Error& e) {
        unpaired = e.what();
      }
    }
    ScoreCache::Found found{{}, ids_};
    if (options_.use_cache && keep) found = cache_.find(store_, subject);
    const bool known = ids_.empty() || found.lacking.size() < ids_.size();
    if (video.paired.empty() && unpaired.empty()) unpaired = "the video has no partner";
    leave_out(video.asked, unpaired, found);
    if (found.lacking.empty()) {
      video.measurements = std::move(found.measurements);
      ++progress_.done;
      progress_.from_cache += known;
      return progress_.done % kQuietSteps != 0;
    }
    if (!pending_.empty() && pending_.front().lacking != found.lacking) measure();
    pending_.push_back(
        {&video, std::move(subject), keep, std::move(found.lacking), std::move(found.measurements)});
    return true;
  }

  // A video without a partner, or without a question that the metric judges by, has no value of it and is not
  // asked about.
  void leave_out(const store::Asked& asked, const std::string& unpaired, ScoreCache::Found& found) const {
    for (const auto& metric : metrics_) {
      std::string reason = store::not_asked(metric, asked);
      if (reason.empty() && store::needs(metric, "paired")) reason = unpaired;
      if (reason.empty()) continue;
      std::erase(found.lacking, metric.id);
      found.measurements.values.erase(metric.id);
      found.measurements.missing[metric.id] = reason;
    }
  }

  void measure() {
    if (pending_.empty() || stop_.stop_requested()) return;
    std::vector<workers::EvaluateRequest> requests;
    for (size_t i = 0; i < pending_.size(); ++i)
      requests.push_back(
          {std::to_string(i), pending_[i].video->path, pending_[i].video->asked, pending_[i].video->paired});
    const auto outcomes = evaluator_.evaluate(requests, pending_.front().lacking, stop_);
    if (stop_.stop_requested()) return;
    std::vector<store::ScoreEntry> entries;
    for (size_t i = 0; i < pending_.size(); ++i) keep(pending_[i], outcomes.at(i), entries);
    store_.put_scores(entries);
    pending_.clear();
  }

  void keep(Open& open, const workers::EvaluateOutcome& outcome, std::vector<store::ScoreEntry>& entries) {
    ++progress_.done;
    if (!outcome.measurements) {
      open.video->failure = outcome.failure;
      ++progress_.failed;
      return;
    }
    if (open.keep) {
      auto more = cache_.entries(open.subject, open.lacking, *outcome.measurements);
      std::move(more.begin(), more.end(), std::back_inserter(entries));
    }
    merge(open.known, *outcome.measurements);
    open.video->measurements = std::move(open.known);
  }

  static constexpr size_t kQuietSteps = 64;  // videos out of the cache between two reports

  store::Store& store_;
  workers::Evaluator& evaluator_;
  const std::vector<store::MetricInfo>& metrics_;
  ScoreCache cache_;
  const ScoringOptions& options_;
  DigestMemo digests_;
  std::stop_token stop_;
  std::vector<std::string> ids_;
  bool compares_ = false;  // some metric needs a paired video
  std::vector<Open> pending_;
  ScoringProgress progress_;
};

}  // namespace

ScoringProgress score_videos(store::Store& store, workers::Evaluator& evaluator,
                             const std::vector<store::MetricInfo>& metrics,
                             std::vector<store::VideoMeasurements>& videos, const ScoringOptions& options,
                             const std::function<void(const ScoringProgress&)>& on_progress,
                             std::stop_token stop) {
  return Scoring(store, evaluator, metrics, options, std::move(stop)).run(videos, on_progress);
}

store::ReferenceFeatures collect_features(const std::vector<store::VideoMeasurements>& videos,
                                          const store::MetricInfo& metric) {
  store::ReferenceFeatures features;
  for (const auto& video : videos) {
    if (!video.measurements) continue;
    const auto found = video.measurements->features.find(metric.features);
    if (found == video.measurements->features.end()) continue;
    const auto size = static_cast<int64_t>(found->second.size());
    features.dim = metric.row_size > 0 ? metric.row_size : size;
    features.data.insert(features.data.end(), found->second.begin(), found->second.end());
    features.rows += size / features.dim;
  }
  return features;
}

}  // namespace vidbench::engine
