// Several decoded videos that a network is given at once.
#pragma once

#include <span>

#include "media/video.h"

namespace vidbench::metrics {

using Videos = std::span<const media::Video* const>;

// What `compute` gives for one video, where it gives one value for each of several.
template <typename Compute>
auto of_one(const media::Video& video, const Compute& compute) {
  const media::Video* one = &video;
  return compute(Videos(&one, 1)).front();
}

}  // namespace vidbench::metrics
