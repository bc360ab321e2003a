// video/flicker and vbench/temporal-flickering: one number, VBench's temporal flickering (Huang et al. 2024,
// arXiv:2311.17982), for any video and for comparison with VBench.
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>

#include "metrics/builtin.h"

namespace vidbench::metrics {
namespace {

// Mean over pixels and channels, 0..255; the sum of bytes is exact.
double mean_absolute_difference(std::span<const uint8_t> a, std::span<const uint8_t> b) {
  uint64_t sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += static_cast<uint64_t>(std::abs(a[i] - b[i]));
  return static_cast<double>(sum) / static_cast<double>(a.size());
}

double measure(Sample& sample) {
  const media::Video& video = sample.video();
  require_frames(video, 2);
  double sum = 0;
  for (size_t t = 1; t < video.frames; ++t)
    sum += mean_absolute_difference(video.frame(t - 1), video.frame(t));
  return (255 - sum / static_cast<double>(video.frames - 1)) / 255;
}

Metric flicker_metric(const std::string& id, const std::string& failure_cases) {
  return {
      {.id = id,
       .version = 1,
       .title = "Temporal flickering",
       .higher_is_better = true,
       .minimum = 0,
       .maximum = 1,
       .reducer = "mean",
       .definition = "(255 - m) / 255, m being the mean absolute difference of consecutive frames over all "
                     "pixels and RGB channels, averaged over the pairs: VBench's temporal flickering.",
       .failure_cases = failure_cases,
       .citation = "Huang et al., VBench, CVPR 2024, arXiv:2311.17982",
       .licence = "Apache-2.0"},
      measure};
}

}  // namespace

Metric flicker() {
  return flicker_metric(
      "video/flicker",
      "Motion lowers it as flicker does, and a frozen video has 1. VBench reads it only on prompts for "
      "static scenes, after a filter that drops moving videos; this metric has no such filter.");
}

Metric temporal_flickering() {
  return flicker_metric(
      "vbench/temporal-flickering",
      "Faithful to VBench's evaluation of one video. Its published numbers are means over prompts for static "
      "scenes and there over static videos alone, the first 5 of 25 a prompt that pass its filter "
      "(vbench/static): of other videos motion lowers it as flicker does. A frozen video has 1. VBench takes "
      "means in single precision, which moves the last digits.");
}

}  // namespace vidbench::metrics
