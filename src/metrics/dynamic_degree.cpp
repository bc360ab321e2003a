// vbench/dynamic-degree, its corrected variant and video/flow-magnitude: how much moves, by optical flow.
#include "metrics/dynamic_degree.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "media/sample.h"
#include "metrics/builtin.h"

namespace vidbench::metrics {
namespace {

using Motion = std::vector<PairMotion>;

size_t shorter_side(const media::Video& video) { return std::min(video.height, video.width); }

// All metrics look at the same pairs.
const Motion& motion_of(Sample& sample, const std::shared_ptr<RaftNetwork>& network) {
  return sample.once<Motion>("raft motion", [&] {
    const media::Video& video = sample.video();
    require_frames(video, 2);
    if (shorter_side(video) < RaftNetwork::kMinSide)
      throw_input(fmt::format("needs frames of at least {0}x{0} pixels, the video has {1}x{2}",
                              RaftNetwork::kMinSide, video.width, video.height));
    const size_t interval = dynamic_interval(video.fps);
    const auto frames =
        media::sample_indices(video.frames, {.kind = media::SamplePolicy::Kind::kStride, .stride = interval});
    if (frames.size() < 2)
      throw_input(fmt::format("looks at one frame in {} at {} frames/s, and the video has but {}", interval,
                              video.fps, video.frames));
    return network->motion(video, frames);
  });
}

double dynamic(Sample& sample, const std::shared_ptr<RaftNetwork>& network, double PairMotion::*measured,
               double at_least) {
  std::vector<double> largest;
  for (const PairMotion& pair : motion_of(sample, network)) largest.push_back(pair.*measured);
  return is_dynamic(largest, shorter_side(sample.video()), at_least) ? 1.0 : 0.0;
}

Metric sample_metric(const RaftNetwork& network, store::MetricInfo info,
                     std::function<double(Sample&)> measure) {
  info.version = 1;
  info.higher_is_better = true;
  info.minimum = 0;
  info.reducer = "mean";
  info.definition +=
      " Optical flow: RAFT (raft-things.pth, 20 iterations) between neighbours of every round(fps / 8)th "
      "frame (at least every one; halves rounded to even) at the video's own size, padded to multiples of 8.";
  info.licence = "BSD-3-Clause";
  return {with_weights(std::move(info), {network.weights()}), std::move(measure)};
}

}  // namespace

size_t dynamic_interval(double fps) {
  const double rounded = std::nearbyint(fps / 8);
  return rounded >= 1 ? static_cast<size_t>(std::min(rounded, 1e9)) : 1;
}

bool is_dynamic(std::span<const double> largest, size_t shorter_side, double at_least) {
  const double threshold = 6.0 * (static_cast<double>(shorter_side) / 256.0);
  const double quarter = std::nearbyint(4 * (static_cast<double>(largest.size() + 1) / 16.0));
  const double needed = std::max(quarter, at_least);
  int moving = 0;
  for (const double value : largest) {
    if (value > threshold) ++moving;
    if (moving >= needed) return true;
  }
  return false;
}

Metric dynamic_degree(std::shared_ptr<RaftNetwork> network) {
  return sample_metric(
      *network,
      {.id = "vbench/dynamic-degree",
       .title = "Dynamic degree",
       .maximum = 1,
       .definition = "1 when at least round(4 N / 16) pairs of the N frames looked at move (halves rounded "
                     "to even), else 0. A pair moves when the mean of the largest 5 % of the flow's lengths "
                     "over the padded picture exceeds 6 · (shorter side) / 256 pixels. ",
       .failure_cases = "Camera motion alone makes it 1, and so do noise and cuts: more is not better in "
                        "itself. With two frames it is always 1, since half a pair is rounded to none.",
       .citation =
           "Huang et al., VBench, CVPR 2024, arXiv:2311.17982; Teed & Deng, ECCV 2020, arXiv:2003.12039"},
      [network](Sample& sample) { return dynamic(sample, network, &PairMotion::largest_padded, 0); });
}

Metric corrected_dynamic_degree(std::shared_ptr<RaftNetwork> network) {
  return sample_metric(
      *network,
      {.id = "vbench-corrected/dynamic-degree",
       .title = "Dynamic degree, corrected",
       .maximum = 1,
       .definition = "1 when at least round(4 N / 16) pairs of the N frames looked at move (halves rounded "
                     "to even), and at least one does, else 0. A pair moves when the mean of the largest 5 % "
                     "of the flow's lengths over the picture, without what it was padded with, exceeds 6 · "
                     "(shorter side) / 256 pixels. ",
       .failure_cases = "Camera motion alone makes it 1, and so do noise and cuts: more is not better in "
                        "itself. Not the number that VBench publishes, which vbench/dynamic-degree is.",
       .citation =
           "Huang et al., VBench, CVPR 2024, arXiv:2311.17982; Teed & Deng, ECCV 2020, arXiv:2003.12039"},
      [network](Sample& sample) { return dynamic(sample, network, &PairMotion::largest, 1); });
}

Metric flow_magnitude(std::shared_ptr<RaftNetwork> network) {
  return sample_metric(
      *network,
      {.id = "video/flow-magnitude",
       .title = "Flow magnitude",
       .unit = "%",
       .definition = "Mean over the pairs of frames looked at, about an eighth of a second apart, of the "
                     "flow's mean length over the picture, in per cent of the picture's shorter side: the "
                     "continuous companion of dynamic degree, on the same flow.",
       .failure_cases = "No quality: camera motion, noise and cuts raise it. It is motion a step of about an "
                        "eighth of a second, not a second.",
       .citation = "Teed & Deng, RAFT, ECCV 2020, arXiv:2003.12039"},
      [network](Sample& sample) {
        const Motion& motion = motion_of(sample, network);
        double sum = 0;
        for (const PairMotion& pair : motion) sum += pair.mean;
        return 100 * sum / static_cast<double>(motion.size()) /
               static_cast<double>(shorter_side(sample.video()));
      });
}

}  // namespace vidbench::metrics
