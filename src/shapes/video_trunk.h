// The convolutional trunk that both evaluation networks of the shapes world use, and their input format.
#pragma once

#include <ATen/core/Tensor.h>

#include "shapes/parameters.h"

namespace vidbench::shapes {

inline constexpr int64_t kFrameFeatures = 96;
inline constexpr int64_t kVideoFeatures = 128;

// `width` channels after the first convolution; the later ones have twice and three times as many.
void add_trunk(Parameters& parameters, int64_t width);
// clips [N, kFrames, 3, kSide, kSide] float in -1..1 -> [N, kFrames, kFrameFeatures].
[[nodiscard]] at::Tensor trunk_frames(const Parameters& parameters, const at::Tensor& clips);
// frames as above -> [N, kVideoFeatures].
[[nodiscard]] at::Tensor trunk_video(const Parameters& parameters, const at::Tensor& frames);

// videos [N,T,H,W,3] uint8 of any size -> clips: kFrames frames at even distances, resized to kSide x kSide
// with anti-aliased bilinear interpolation. Throws Error(kInput) for another rank, type or an empty extent.
[[nodiscard]] at::Tensor clips_of(const at::Tensor& videos);

}  // namespace vidbench::shapes
