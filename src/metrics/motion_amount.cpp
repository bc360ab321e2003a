// video/motion-amount and shapes/motion-amount: how much moves, told apart from a change of brightness.
#include <algorithm>
#include <cmath>

#include "metrics/builtin.h"
#include "metrics/picture.h"

namespace vidbench::metrics {
namespace {

constexpr double kVideoShare = 0.05;   // of the picture: what moves most
constexpr double kShapesShare = 0.01;  // 10 pixels of 32x32: the edge of a small object
constexpr double kShapesThreshold = 12.0 / 255;

// For each pair of consecutive frames: the mean of the largest `share` of |d - median(d)|, d the change of
// luma, 0..1 (255 levels). The median takes a change of the whole picture's brightness out.
std::vector<double> motion_of_pairs(const media::Video& video, double share) {
  require_frames(video, 2);
  std::vector<double> motion;
  std::vector<float> before = luma(video.frame(0));
  for (size_t t = 1; t < video.frames; ++t) {
    const std::vector<float> now = luma(video.frame(t));
    std::vector<float> change(now.size());
    for (size_t i = 0; i < now.size(); ++i) change[i] = now[i] - before[i];
    std::vector<float> scratch = change;
    const float middle = median(scratch);
    for (float& value : change) value = std::abs(value - middle);
    motion.push_back(std::min(1.0, mean_of_largest(change, share) / 255));
    before = now;
  }
  return motion;
}

double mean_motion(Sample& sample) {
  const std::vector<double> motion = motion_of_pairs(sample.video(), kVideoShare);
  double sum = 0;
  for (const double value : motion) sum += value;
  return sum / static_cast<double>(motion.size());
}

double moving_share(Sample& sample) {
  const std::vector<double> motion = motion_of_pairs(sample.video(), kShapesShare);
  size_t moving = 0;
  for (const double value : motion) moving += value > kShapesThreshold;
  return static_cast<double>(moving) / static_cast<double>(motion.size());
}

}  // namespace

Metric motion_amount() {
  return {{.id = "video/motion-amount",
           .version = 1,
           .title = "Motion amount",
           .higher_is_better = true,
           .minimum = 0,
           .maximum = 1,
           .reducer = "mean",
           .definition = "Mean over consecutive frames of the mean of the largest 5 % of |d - median(d)| / "
                         "255, d being the change of BT.601 luma at a pixel. 0 for a frozen video.",
           .failure_cases = "More is not better in itself: noise, cuts and shuffled frames raise it; read it "
                            "beside a flicker metric. Depends on contrast and frame rate.",
           .licence = "Apache-2.0"},
          mean_motion};
}

Metric shapes_motion_amount() {
  return {{.id = "shapes/motion-amount",
           .version = 1,
           .title = "Share of moving frames",
           .higher_is_better = true,
           .minimum = 0,
           .maximum = 1,
           .reducer = "mean",
           .definition = "Share of the pairs of consecutive frames in which something moves: the mean of the "
                         "largest 1 % of |d - median(d)|, d being the change of BT.601 luma at a pixel, is "
                         "above 12 of 255 levels. The idea of VBench's dynamic degree, without optical flow.",
           .failure_cases = "Noise above about 5 levels makes every pair move. Captions that ask for an "
                            "object standing still lower it rightly.",
           .citation = "after Huang et al., VBench, CVPR 2024, arXiv:2311.17982 (dynamic degree)",
           .licence = "Apache-2.0"},
          moving_share};
}

}  // namespace vidbench::metrics
