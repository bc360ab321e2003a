// evalcrafter/warping-error and video/warping-error: how much of a frame is not explained by the motion of
// the next one.
#include <fmt/format.h>

#include "base/error.h"
#include "metrics/builtin.h"

namespace vidbench::metrics {
namespace {

constexpr size_t kMinSide = 2 * RaftNetwork::kMinSide;

Metric warping(std::shared_ptr<RaftNetwork> network, const std::string& id, double white,
               const std::string& input) {
  return {with_weights(
              {.id = id,
               .version = 1,
               .title = "Warping error",
               .higher_is_better = false,
               .minimum = 0,
               .maximum = 3,
               .reducer = "mean",
               .definition =
                   "Frames in 0..1 are halved in size (bilinear) and padded to multiples of 8. For each pair "
                   "of consecutive frames the second is drawn back along the flow from the first (bilinear, "
                   "border repeated); the squared difference, summed over RGB, is averaged over the pixels "
                   "that are visible, and that over the pairs. Not visible: where forward flow f and "
                   "backward flow b at its end disagree, |b + f|² > 0.01 (|b|² + |f|²) + 0.5, and where f "
                   "changes, |∇f|² > 0.01 |f|² + 0.002; a pair without a visible pixel counts 0. Optical "
                   "flow: RAFT (raft-things.pth, 20 iterations), which sees " +
                   input + ".",
               .failure_cases = "A frozen video has about 0. A pair without a visible pixel counts 0, so "
                                "that cuts and chaos can lower it.",
               .citation = "Liu et al., EvalCrafter, CVPR 2024, arXiv:2310.11440; Lai et al., ECCV 2018, "
                           "arXiv:1808.00449; Teed & Deng, ECCV 2020, arXiv:2003.12039",
               .licence = "BSD-3-Clause"},
              {network->weights()}),
          [network, white](Sample& sample) {
            const media::Video& video = sample.video();
            require_frames(video, 2);
            if (std::min(video.height, video.width) < kMinSide)
              throw_input(fmt::format("needs frames of at least {0}x{0} pixels, the video has {1}x{2}",
                                      kMinSide, video.width, video.height));
            return network->warping_error(video, white);
          }};
}

}  // namespace

Metric evalcrafter_warping_error(std::shared_ptr<RaftNetwork> network) {
  return warping(std::move(network), "evalcrafter/warping-error", 1,
                 "the frames in 0..1 although it was made for 0..255, as in EvalCrafter's code");
}

Metric warping_error(std::shared_ptr<RaftNetwork> network) {
  return warping(std::move(network), "video/warping-error", 255,
                 "the frames in 0..255 as it was made for; EvalCrafter's code gives it 0..1 "
                 "(evalcrafter/warping-error)");
}

}  // namespace vidbench::metrics
