// shapes/flicker: what goes up and straight down again is flicker, what keeps its way is motion.
#include <algorithm>
#include <cstdlib>

#include "metrics/builtin.h"

namespace vidbench::metrics {
namespace {

double measure(Sample& sample) {
  const media::Video& video = sample.video();
  require_frames(video, 3);
  uint64_t sum = 0;
  for (size_t t = 1; t + 1 < video.frames; ++t) {
    const auto a = video.frame(t - 1), b = video.frame(t), c = video.frame(t + 1);
    for (size_t i = 0; i < b.size(); ++i) {
      const int in = b[i] - a[i], out = c[i] - b[i];
      if ((in > 0) != (out > 0)) sum += static_cast<uint64_t>(std::min(std::abs(in), std::abs(out)));
    }
  }
  return 1 -
         static_cast<double>(sum) / (255.0 * static_cast<double>((video.frames - 2) * video.frame_bytes()));
}

}  // namespace

Metric shapes_flicker() {
  return {{.id = "shapes/flicker",
           .version = 1,
           .title = "Absence of flicker",
           .higher_is_better = true,
           .minimum = 0,
           .maximum = 1,
           .reducer = "mean",
           .definition = "1 - the mean over three consecutive frames, pixels and RGB channels of min(|b - "
                         "a|, |c - b|) / 255 where the value turns round between them (a < b > c or a > b < "
                         "c), else 0. A picture that alternates between black and white has 0. Not VBench's "
                         "temporal flickering (that is video/flicker).",
           .failure_cases = "Frozen videos have 1, as steady motion has. Thin objects that move more than "
                            "their width a frame count as flicker.",
           .licence = "Apache-2.0"},
          measure};
}

}  // namespace vidbench::metrics
