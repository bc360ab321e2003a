// vbench/subject-consistency: whether what is seen stays itself, by DINO.
#include "metrics/builtin.h"

namespace vidbench::metrics {

Metric subject_consistency(std::shared_ptr<DinoNetwork> network) {
  return {with_weights(
              {.id = "vbench/subject-consistency",
               .version = 1,
               .title = "Subject consistency (DINO ViT-B/16)",
               .higher_is_better = true,
               .minimum = 0,
               .maximum = 1,
               .reducer = "mean",
               .definition =
                   "Frames: all; the shorter side to 224 by bilinear interpolation of floats without "
                   "antialiasing, no crop, ImageNet's mean and deviation, as VBench's code does. The mean, "
                   "over the frames from the second on, of the mean of the cosines of DINO's class token "
                   "with the frame before and with the first frame, negative ones counted as 0.",
               .failure_cases = "A frozen video has 1. VBench averages over the frames of all videos, this "
                                "over videos: the two differ where videos differ in length.",
               .citation =
                   "Huang et al., VBench, CVPR 2024, arXiv:2311.17982; Caron et al. 2021, arXiv:2104.14294",
               .licence = "Apache-2.0"},
              {network->weights()}),
          [network](Sample& sample) {
            require_frames(sample.video(), 2);
            return vbench_consistency(network->embed_frames(sample.video()));
          }};
}

}  // namespace vidbench::metrics
