// video/exposure: the share of the picture that is neither crushed to black nor blown to white.
#include "metrics/builtin.h"
#include "metrics/picture.h"

namespace vidbench::metrics {
namespace {

constexpr float kDark = 16, kBright = 239;  // of 255

double measure(Sample& sample) {
  const media::Video& video = sample.video();
  require_frames(video, 1);
  size_t good = 0;
  for (size_t t = 0; t < video.frames; ++t)
    for (const float y : luma(video.frame(t))) good += y >= kDark && y <= kBright;
  return static_cast<double>(good) / static_cast<double>(video.frames * video.height * video.width);
}

}  // namespace

Metric exposure() {
  return {{.id = "video/exposure",
           .version = 1,
           .title = "Well-exposed share",
           .higher_is_better = true,
           .minimum = 0,
           .maximum = 1,
           .reducer = "mean",
           .definition = "Share of all pixels of all frames whose BT.601 luma lies in 16..239 of 255.",
           .failure_cases =
               "A prompt that asks for night, snow or a plain black or white background lowers it rightly.",
           .licence = "Apache-2.0"},
          measure};
}

}  // namespace vidbench::metrics
