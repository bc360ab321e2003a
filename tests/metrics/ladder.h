// Metrics along corruption ladders: the mean over videos at each rung, and how well its order is the
// expected.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "corruption.h"
#include "metrics/shapes_reference.h"
#include "metrics/shapes_video.h"
#include "shapes/caption.h"
#include "synthetic.h"

namespace vidbench::metrics::testing_support {

inline constexpr int kRungs = 4;  // level 0 is the true video

struct TrueVideo {
  media::Video video;
  std::string caption, wrong_caption;
};

// Differs from `scene` in every attribute.
inline shapes::SceneSpec contrary_of(shapes::SceneSpec scene) {
  const auto next = [](auto value, size_t count) {
    return static_cast<decltype(value)>((shapes::index(value) + 1) % count);
  };
  shapes::ObjectSpec& object = scene.objects.front();
  object.size = next(object.size, shapes::kSizeNames.size());
  object.color = next(object.color, shapes::kColorNames.size());
  object.shape = next(object.shape, shapes::kShapeNames.size());
  object.motion = next(object.motion, shapes::kMotionNames.size());
  scene.background = next(scene.background, shapes::kBackgroundNames.size());
  return scene;
}

inline std::vector<TrueVideo> true_videos(int count, uint64_t seed) {
  std::vector<TrueVideo> videos;
  Random random(seed);
  for (int i = 0; i < count; ++i) {
    const shapes::SceneSpec scene = random_scene(random);
    videos.push_back({from_shapes_video(shapes::render(scene, random.next())), shapes::caption_of(scene),
                      shapes::caption_of(contrary_of(scene))});
  }
  return videos;
}

using Corruption = std::function<media::Video(media::Video, int level, uint64_t seed)>;

// What becomes of each true video at a level: its pixels and the prompt it is judged by.
struct Rung {
  std::vector<media::Video> videos;
  std::vector<std::string> prompts;
};
inline std::vector<Rung> ladder(const std::vector<TrueVideo>& truth, const Corruption& corrupt) {
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

// Spearman's correlation of the values with 0, 1, 2, …; equal values share their rank.
inline double rank_correlation(const std::vector<double>& values) {
  const size_t n = values.size();
  std::vector<double> ranks(n);
  for (size_t i = 0; i < n; ++i)
    for (size_t j = 0; j < n; ++j)
      ranks[i] += values[j] < values[i] ? 1 : values[j] == values[i] && i != j ? 0.5 : 0;
  const double mean = static_cast<double>(n - 1) / 2;
  double both = 0, own = 0, order = 0;
  for (size_t i = 0; i < n; ++i) {
    const double a = ranks[i] - mean, b = static_cast<double>(i) - mean;
    both += a * b;
    own += a * a;
    order += b * b;
  }
  return own == 0 ? 0 : both / std::sqrt(own * order);
}

}  // namespace vidbench::metrics::testing_support
