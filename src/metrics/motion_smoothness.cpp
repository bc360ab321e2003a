// vbench/motion-smoothness: how well every second frame is foretold by its neighbours, by AMT-S.
#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "base/error.h"
#include "metrics/builtin.h"

namespace vidbench::metrics {

Metric motion_smoothness(std::shared_ptr<AmtNetwork> network) {
  return {
      with_weights(
          {.id = "vbench/motion-smoothness",
           .version = 1,
           .title = "Motion smoothness (AMT-S)",
           .higher_is_better = true,
           .minimum = 0,
           .maximum = 1,
           .reducer = "mean",
           .definition = "(255 - m) / 255. Between the frames 0, 2, 4, … AMT-S interpolates the one in the "
                         "middle, at the video's own size padded to multiples of 16 by its border; the "
                         "result, times 255, is cut to whole bytes. m is its mean absolute difference to the "
                         "frame that is there, over pixels and RGB channels, averaged over the interpolated "
                         "frames. A last frame with an odd number is not looked at.",
           .failure_cases =
               "A frozen video has almost 1, and so has slow motion; fast motion that is smooth lowers it, "
               "as does what no interpolation can know: blinking, splashing water, cuts. VBench's code would "
               "scale videos down that are large for the GPU's memory if it told the GPU apart, which it "
               "does not with current PyTorch; here none is scaled.",
           .citation = "Huang et al., VBench, CVPR 2024, arXiv:2311.17982; Li et al., AMT, CVPR 2023, "
                       "arXiv:2304.09790",
           .licence = "CC-BY-NC-4.0"},
          {network->weights()}),
      [network](Sample& sample) {
        const media::Video& video = sample.video();
        require_frames(video, 3);
        if (std::min(video.height, video.width) < AmtNetwork::kMinSide)
          throw_input(fmt::format("needs frames of at least {0}x{0} pixels, the video has {1}x{2}",
                                  AmtNetwork::kMinSide, video.width, video.height));
        const std::vector<double> errors = network->interpolation_errors(video);
        const double sum = std::accumulate(errors.begin(), errors.end(), 0.0);
        return (255 - sum / static_cast<double>(errors.size())) / 255;
      }};
}

}  // namespace vidbench::metrics
