// paired/psnr, paired/ssim and paired/ms-ssim: how alike a video is to the one it is paired with.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.h"
#include "metrics/builtin.h"
#include "metrics/similarity.h"
#include "metrics/threads.h"

namespace vidbench::metrics {
namespace {

constexpr double kMaxDecibels = 100;

using Frame = std::span<const uint8_t>;

// The mean of `compare` over the pairs of frames; both videos have the same size.
template <typename Compare>
double mean_over_frames(Sample& sample, size_t least_side, Compare compare) {
  const media::Video& video = sample.video();
  const media::Video& other = sample.paired();
  if (std::min(video.height, video.width) < least_side)
    throw_input(fmt::format("needs frames of at least {}x{}, the video has {}x{}", least_side, least_side,
                            video.width, video.height));
  std::vector<double> values(video.frames);
  in_parallel(video.frames, [&](size_t t) { values[t] = compare(video.frame(t), other.frame(t)); });
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double psnr(Frame a, Frame b) {
  const double error = mean_squared_error(a, b);
  return error == 0 ? kMaxDecibels : std::min(kMaxDecibels, 10 * std::log10(255.0 * 255.0 / error));
}

Metric metric(store::MetricInfo info, std::function<double(Sample&)> measure) {
  info.version = 1;
  info.higher_is_better = true;
  info.reducer = "mean";
  info.needs = {"paired"};
  info.definition +=
      " RGB frames of 0..255 of both videos in order, which must be equally many of one size; mean over the "
      "frames.";
  info.licence = "Apache-2.0";
  return {std::move(info), std::move(measure)};
}

}  // namespace

Metric paired_psnr() {
  return metric(
      {.id = "paired/psnr",
       .title = "PSNR",
       .unit = "dB",
       .minimum = 0,
       .maximum = kMaxDecibels,
       .definition =
           "10 log10(255² / mean squared error over pixels and channels) of each frame, at most 100 dB: "
           "equal frames, whose value would be infinite, count 100, and so does an error below 6.5·10⁻⁶.",
       .failure_cases =
           "A shift by one pixel costs more than a strong blur: it compares pixels, not what is seen."},
      [](Sample& sample) { return mean_over_frames(sample, 1, psnr); });
}

Metric paired_ssim() {
  return metric(
      {.id = "paired/ssim",
       .title = "SSIM",
       .minimum = -1,
       .maximum = 1,
       .definition =
           "Structural similarity of each frame: Gaussian window of 11x11 with deviation 1.5, K1 0.01, K2 "
           "0.03, range 255, variances divided by N, mean over the places where the window lies inside and "
           "over the three channels (Wang's parameters; scikit-image with gaussian_weights).",
       .failure_cases =
           "Strict about shifts and sharp about noise in flat regions; colours count as three grey pictures.",
       .citation = "Wang et al., IEEE Transactions on Image Processing 13(4), 2004"},
      [](Sample& sample) {
        const size_t height = sample.video().height, width = sample.video().width;
        return mean_over_frames(sample, kWindow, [&](Frame a, Frame b) {
          return similarity(plane(a, height, width), plane(b, height, width), Border::kInside).ssim;
        });
      });
}

Metric paired_ms_ssim() {
  return metric(
      {.id = "paired/ms-ssim",
       .title = "MS-SSIM",
       .minimum = 0,
       .maximum = 1,
       .definition = "Multi-scale structural similarity of each frame: contrast at 4 scales and SSIM at the "
                     "fifth, each averaged over places and channels, what is negative counted 0, to the "
                     "powers 0.0448, 0.2856, 0.3001, 0.2363, 0.1333; scales are means of 2x2 pixels. As "
                     "torchmetrics 1.9 computes it: the last scale's SSIM with a reflected border, unlike "
                     "other implementations. Frames of at least 176x176.",
       .failure_cases = "Lenient about small shifts and noise, as its coarse scales see neither. "
                        "Implementations differ at the borders.",
       .citation = "Wang, Simoncelli & Bovik, Asilomar Conference 2003"},
      [](Sample& sample) {
        const size_t height = sample.video().height, width = sample.video().width;
        return mean_over_frames(sample, kMultiScaleSide, [&](Frame a, Frame b) {
          return multi_scale_similarity(plane(a, height, width), plane(b, height, width));
        });
      });
}

}  // namespace vidbench::metrics
