// NumPy's .npy format, version 1.0, for uint8 videos.
#pragma once

#include <filesystem>
#include <span>

#include "shapes/renderer.h"

namespace vidbench::shapes {

// One video: [T,H,W,3]. Atomic; throws Error(kEnvironment).
void write_npy(const std::filesystem::path& path, const Video& video);
// Several of one size: [N,T,H,W,3].
void write_npy(const std::filesystem::path& path, std::span<const Video> videos);

}  // namespace vidbench::shapes
