// Writes videos of the shapes world as uint8 .npy files.
#pragma once

#include <filesystem>
#include <span>

#include "shapes/renderer.h"

namespace vidbench::shapes {

// One video as [T,H,W,3]; atomic. Throws Error(kEnvironment).
void write_video(const std::filesystem::path& path, const Video& video);
// Several of one size as [N,T,H,W,3]. Throws Error(kInput) for none.
void write_videos(const std::filesystem::path& path, std::span<const Video> videos);

}  // namespace vidbench::shapes
