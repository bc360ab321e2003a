// The true videos of the shapes world that generated sets are compared with.
#pragma once

#include <cstdint>
#include <string>

#include "base/random.h"
#include "shapes/renderer.h"
#include "shapes/scene.h"

namespace vidbench::metrics {

// Part of a reference set's digest: changes with anything that changes the videos.
inline constexpr const char* kShapesReferenceVersion = "shapes-reference/1";

// A one-object caption, each attribute drawn uniformly (training and held-out captions alike).
[[nodiscard]] shapes::SceneSpec random_scene(Random& random);

// The `index`-th video of the set with that seed; sets of one seed begin alike.
[[nodiscard]] shapes::Video reference_video(uint64_t seed, uint64_t index);

}  // namespace vidbench::metrics
