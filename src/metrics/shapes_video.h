// Any video as the shapes world's networks and its checker take it.
#pragma once

#include "media/video.h"
#include "shapes/renderer.h"

namespace vidbench::metrics {

// [16, 32, 32, 3]. A video of that size is passed through unchanged; another one gives 16 frames spread from
// its first to its last, each averaged over areas down (or repeated up) to 32x32 without keeping the aspect
// ratio. Throws Error(kInput) for fewer than 16 frames.
[[nodiscard]] shapes::Video to_shapes_video(const media::Video& video);

// The other way round, at the world's frame rate.
[[nodiscard]] media::Video from_shapes_video(const shapes::Video& video);

}  // namespace vidbench::metrics
