// Measurements by content: what was measured of a video is never measured again, whatever metrics are asked
// for with it.
#pragma once

#include <string>
#include <vector>

#include "store/store.h"

namespace vidbench::engine {

// The unit that is kept is a sample metric's value or a set metric's feature vector. Its key is made of the
// video's digest, the definition (id, version, digest of the weights) and, where the metric needs it, the
// prompt, what is told beside it, and the digest of the paired video.
class ScoreCache {
 public:
  // What is measured.
  struct Subject {
    std::string video_sha256;
    store::Asked asked;
    std::string paired_sha256;
  };

  // `metrics` is kept by reference.
  explicit ScoreCache(const std::vector<store::MetricInfo>& metrics) : metrics_(metrics) {}

  struct Found {
    store::Measurements measurements;
    std::vector<std::string> lacking;  // ids of the metrics that the cache does not have, in order
  };
  [[nodiscard]] Found find(store::Store& store, const Subject& subject) const;
  // What `measurements` has of the metrics `ids`, for Store::put_scores.
  [[nodiscard]] std::vector<store::ScoreEntry> entries(const Subject& subject,
                                                       const std::vector<std::string>& ids,
                                                       const store::Measurements& measurements) const;

 private:
  const std::vector<store::MetricInfo>& metrics_;
};

// Adds what `more` has to `into`.
void merge(store::Measurements& into, const store::Measurements& more);

}  // namespace vidbench::engine
