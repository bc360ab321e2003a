// Metrics along corruption ladders: the mean over videos at each rung, and how well its order is the
// expected.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "metrics/corruption.h"
#include "metrics/true_videos.h"
#include "stats/rank_correlation.h"
#include "synthetic.h"

namespace vidbench::metrics::testing_support {

using stats::rank_correlation;

inline constexpr int kRungs = 4;  // level 0 is the true video

// What becomes of each true video at a level: its pixels and the prompt it is judged by.
struct Rung {
  std::vector<media::Video> videos;
  std::vector<std::string> prompts;
};
inline std::vector<Rung> ladder(
    const std::vector<TrueVideo>& truth,
    const std::function<media::Video(media::Video, int level, uint64_t seed)>& corrupt) {
  std::vector<Rung> rungs(kRungs);
  for (int level = 0; level < kRungs; ++level)
    for (size_t i = 0; i < truth.size(); ++i) {
      rungs[static_cast<size_t>(level)].videos.push_back(corrupt(truth[i].video, level, i));
      rungs[static_cast<size_t>(level)].prompts.push_back(truth[i].caption);
    }
  return rungs;
}
// At level k, the first k of every kRungs - 1 videos are judged by a caption that is wrong in everything.
inline std::vector<Rung> wrong_caption_ladder(const std::vector<TrueVideo>& truth) {
  std::vector<Rung> rungs(kRungs);
  for (size_t level = 0; level < kRungs; ++level)
    for (size_t i = 0; i < truth.size(); ++i) {
      rungs[level].videos.push_back(truth[i].video);
      rungs[level].prompts.push_back(i % (kRungs - 1) < level ? truth[i].wrong_caption : truth[i].caption);
    }
  return rungs;
}

}  // namespace vidbench::metrics::testing_support
