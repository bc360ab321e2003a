// paired/lpips: how unlike a video looks to the one it is paired with.
#include <numeric>

#include "metrics/builtin.h"

namespace vidbench::metrics {

Metric paired_lpips(std::shared_ptr<LpipsNetwork> network) {
  store::MetricInfo info = {
      .id = "paired/lpips",
      .version = 1,
      .title = "LPIPS (AlexNet)",
      .higher_is_better = false,
      .minimum = 0,
      .reducer = "mean",
      .needs = {"paired"},
      .definition =
          "Learned perceptual distance, version 0.1 on AlexNet (torchvision's alexnet-owt-7be5be79.pth, the "
          "lpips package's alex.pth), of RGB frames at their own size, scaled to -1..1; frames of both "
          "videos in order, which must be equally many of one size, at least 31 pixels a side; mean over the "
          "frames.",
      .failure_cases =
          "Depends on the size of the frames, and on nothing between them: flicker and order go unseen.",
      .citation = "Zhang et al., CVPR 2018, arXiv:1801.03924",
      .licence = "BSD-2-Clause, BSD-3-Clause"};
  return {with_weights(std::move(info), {network->alexnet(), network->channels()}),
          [network = std::move(network)](Sample& sample) {
            const std::vector<float> all = network->distances(sample.video(), sample.paired());
            return std::accumulate(all.begin(), all.end(), 0.0) / static_cast<double>(all.size());
          }};
}

}  // namespace vidbench::metrics
