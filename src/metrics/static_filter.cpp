// vbench/static: whether VBench's filter lets a video into temporal flickering, by optical flow.
#include "metrics/static_filter.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "metrics/builtin.h"

namespace vidbench::metrics {

bool is_static(std::span<const double> neighbours, std::array<double, 2> ends, size_t shorter_side) {
  const double threshold = 3.0 * (static_cast<double>(shorter_side) / 256.0);
  const double allowed = std::nearbyint(2 * (static_cast<double>(neighbours.size() + 1) / 16.0));
  const auto moving = std::count_if(neighbours.begin(), neighbours.end(),
                                    [threshold](double motion) { return motion > threshold; });
  return static_cast<double>(moving) <= allowed && std::max(ends[0], ends[1]) <= threshold * allowed * 2;
}

Metric static_filter(std::shared_ptr<RaftNetwork> network) {
  return {
      with_weights(
          {.id = "vbench/static",
           .version = 1,
           .title = "Static (filter of temporal flickering)",
           .higher_is_better = true,
           .minimum = 0,
           .maximum = 1,
           .reducer = "mean",
           .definition =
               "1 when the video passes VBench's filter for static videos, else 0. A pair of frames moves by "
               "the mean of the largest 2 % of the flow's lengths over the padded picture. Of the pairs of "
               "consecutive frames at most n = round(2 N / 16) of N frames (halves rounded to even) move by "
               "more than t = 3 · (shorter side) / 256 pixels, and neither the first frame to the last nor "
               "the last to the first by more than 2 n t. Optical flow: RAFT (raft-things.pth, 20 "
               "iterations) at the video's own size, padded to multiples of 8.",
           .failure_cases = "No quality: it tells which videos VBench's temporal flickering looks at (of 25 "
                            "videos a prompt the first 5 that are static). Strong flicker can pass for "
                            "motion. With up to 4 frames n is 0, and any flow at all from first to last "
                            "frame, which even a frozen video can have, makes it 0.",
           .citation =
               "Huang et al., VBench, CVPR 2024, arXiv:2311.17982; Teed & Deng, ECCV 2020, arXiv:2003.12039",
           .licence = "BSD-3-Clause"},
          {network->weights()}),
      [network](Sample& sample) {
        const media::Video& video = sample.video();
        require_frames(video, 2);
        const size_t shorter = std::min(video.height, video.width);
        if (shorter < RaftNetwork::kMinSide)
          throw_input(fmt::format("needs frames of at least {0}x{0} pixels, the video has {1}x{2}",
                                  RaftNetwork::kMinSide, video.width, video.height));
        const StaticMotion motion = network->static_motion(video);
        return is_static(motion.neighbours, motion.ends, shorter) ? 1.0 : 0.0;
      }};
}

}  // namespace vidbench::metrics
