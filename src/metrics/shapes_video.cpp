#include "metrics/shapes_video.h"

#include <algorithm>
#include <cmath>

#include "media/sample.h"
#include "metrics/sample.h"

namespace vidbench::metrics {
namespace {

// One pixel of the source and the share of the target pixel that it covers.
struct Tap {
  size_t index;
  double weight;
};

// For each of `target` equal parts of 0..source, the source pixels under it; weights sum to 1.
std::vector<std::vector<Tap>> area_taps(size_t source, size_t target) {
  std::vector<std::vector<Tap>> taps(target);
  const double step = static_cast<double>(source) / static_cast<double>(target);
  for (size_t i = 0; i < target; ++i) {
    const double begin = static_cast<double>(i) * step, end = begin + step;
    for (auto s = static_cast<size_t>(begin); s < source && static_cast<double>(s) < end; ++s) {
      const double covered =
          std::min(end, static_cast<double>(s + 1)) - std::max(begin, static_cast<double>(s));
      if (covered > 1e-9) taps[i].push_back({s, covered / step});
    }
  }
  return taps;
}

void resize_area(const media::Video& video, size_t frame, uint8_t* out) {
  const auto rows = area_taps(video.height, shapes::kSide), columns = area_taps(video.width, shapes::kSide);
  const std::span<const uint8_t> rgb = video.frame(frame);
  for (const auto& row : rows) {
    for (const auto& column : columns) {
      for (size_t c = 0; c < 3; ++c) {
        double sum = 0;
        for (const Tap& y : row)
          for (const Tap& x : column)
            sum += y.weight * x.weight * static_cast<double>(rgb[(y.index * video.width + x.index) * 3 + c]);
        *out++ = static_cast<uint8_t>(std::lround(sum));
      }
    }
  }
}

}  // namespace

shapes::Video to_shapes_video(const media::Video& video) {
  require_frames(video, shapes::kFrames);
  shapes::Video result;
  constexpr size_t kFrameBytes = size_t{shapes::kSide} * shapes::kSide * 3;
  if (video.frames == shapes::kFrames && video.height == shapes::kSide && video.width == shapes::kSide) {
    result.pixels = video.pixels;
    return result;
  }
  result.pixels.resize(shapes::kFrames * kFrameBytes);
  const auto frames = media::sample_indices(
      video.frames, {.kind = media::SamplePolicy::Kind::kUniform, .count = shapes::kFrames});
  for (size_t t = 0; t < frames.size(); ++t) resize_area(video, frames[t], &result.pixels[t * kFrameBytes]);
  return result;
}

media::Video from_shapes_video(const shapes::Video& video) {
  return {.pixels = video.pixels,
          .frames = static_cast<size_t>(video.frames),
          .height = static_cast<size_t>(video.height),
          .width = static_cast<size_t>(video.width),
          .fps = shapes::kFps};
}

}  // namespace vidbench::metrics
