// Small videos whose numbers can be worked out by hand, and corruptions of known order.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/random.h"
#include "media/video.h"
#include "metrics/registry.h"

namespace vidbench::metrics::testing_support {

// Every pixel from (frame, row, column, channel).
inline media::Video make_video(size_t frames, size_t height, size_t width,
                               const std::function<int(size_t, size_t, size_t, size_t)>& value) {
  media::Video video{.frames = frames, .height = height, .width = width, .fps = 8};
  for (size_t t = 0; t < frames; ++t)
    for (size_t y = 0; y < height; ++y)
      for (size_t x = 0; x < width; ++x)
        for (size_t c = 0; c < 3; ++c) video.pixels.push_back(static_cast<uint8_t>(value(t, y, x, c)));
  return video;
}

// A white square of `side` pixels on black that moves `step` pixels a frame to the right.
inline media::Video moving_square(size_t frames, size_t size, size_t side, size_t step) {
  return make_video(frames, size, size, [=](size_t t, size_t y, size_t x, size_t) {
    return x >= t * step && x < t * step + side && y < side ? 255 : 0;
  });
}

inline double value_of(const Metric& metric, const media::Video& video, const std::string& prompt = "") {
  const Registry none;
  Sample sample(none, video, {prompt});
  return metric.measure(sample);
}

inline double value_of_pair(const Metric& metric, const media::Video& video, const media::Video& other) {
  const Registry none;
  const std::string no_prompt;
  Sample sample(none, video, {}, [&] { return other; });
  return metric.measure(sample);
}

}  // namespace vidbench::metrics::testing_support
