// vbench/imaging-quality: how clean the frames are, by MUSIQ.
#include <numeric>

#include "metrics/builtin.h"

namespace vidbench::metrics {

Metric imaging_quality(std::shared_ptr<MusiqNetwork> network) {
  return {
      with_weights(
          {.id = "vbench/imaging-quality",
           .version = 1,
           .title = "Imaging quality (MUSIQ, SPAQ)",
           .higher_is_better = true,
           .minimum = 0,
           .maximum = 1,
           .reducer = "mean",
           .definition = "MUSIQ's quality (trained on SPAQ, 0..100) of every frame, averaged and divided by "
                         "100. Frames whose longer side is over 512 are resized to 512 by bilinear "
                         "interpolation of floats without antialiasing, as VBench's code does.",
           .failure_cases =
               "Judges distortions of single frames (noise, blur, exposure), not content and not motion.",
           .citation =
               "Huang et al., VBench, CVPR 2024, arXiv:2311.17982; Ke et al., ICCV 2021, arXiv:2108.05997",
           .licence = "PolyForm-Noncommercial-1.0.0"},
          {network->weights()}),
      [network](Sample& sample) {
        require_frames(sample.video(), 1);
        const auto values = network->qualities(sample.video());
        return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size()) / 100;
      }};
}

}  // namespace vidbench::metrics
