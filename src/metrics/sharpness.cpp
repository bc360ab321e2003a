// video/sharpness: variance of the Laplacian (Pech-Pacheco et al. 2000).
#include <fmt/format.h>

#include "base/error.h"
#include "metrics/builtin.h"
#include "metrics/picture.h"

namespace vidbench::metrics {
namespace {

double laplacian_variance(const std::vector<float>& y, size_t height, size_t width) {
  double sum = 0, squares = 0;
  for (size_t r = 1; r + 1 < height; ++r) {
    for (size_t c = 1; c + 1 < width; ++c) {
      const float* p = &y[r * width + c];
      const double value = static_cast<double>(p[-1]) + p[1] + p[-static_cast<std::ptrdiff_t>(width)] +
                           p[width] - 4.0 * static_cast<double>(p[0]);
      sum += value;
      squares += value * value;
    }
  }
  const auto count = static_cast<double>((height - 2) * (width - 2));
  return squares / count - (sum / count) * (sum / count);
}

double measure(Sample& sample) {
  const media::Video& video = sample.video();
  require_frames(video, 1);
  if (video.height < 3 || video.width < 3)
    throw_input(fmt::format("needs at least 3x3 pixels, the video has {}x{}", video.width, video.height));
  double sum = 0;
  for (size_t t = 0; t < video.frames; ++t)
    sum += laplacian_variance(luma(video.frame(t)), video.height, video.width);
  return sum / static_cast<double>(video.frames);
}

}  // namespace

Metric sharpness() {
  return {{.id = "video/sharpness",
           .version = 1,
           .title = "Sharpness",
           .unit = "levels²",
           .higher_is_better = true,
           .minimum = 0,
           .reducer = "mean",
           .definition = "Variance of the 4-neighbour Laplacian of BT.601 luma (0..255) over the inner "
                         "pixels, averaged over the frames.",
           .failure_cases = "Noise raises it. Depends on resolution and content: compare only the same "
                            "prompts at the same size.",
           .citation = "Pech-Pacheco et al., Diatom autofocusing in brightfield microscopy, ICPR 2000",
           .licence = "Apache-2.0"},
          measure};
}

}  // namespace vidbench::metrics
