// Frames as the vision networks want them. For the files of this folder that include libtorch.
#pragma once

#include <ATen/core/Tensor.h>

#include "media/video.h"

namespace vidbench::metrics {

// How a frame becomes a square picture of values in 0..1.
enum class Preparation {
  // Pillow's antialiased bicubic resize of the shorter side on bytes, centre crop: openai/CLIP on pictures,
  // and
  // Hugging Face's CLIP processor where the crop is even.
  kPillow,
  // Bicubic (a = -0.75) resize of the shorter side on floats without antialiasing, unclamped, centre crop:
  // what
  // VBench does for CLIP.
  kTensor,
  // The same on bytes: clamped and rounded to whole values before the crop. What VBench does for ViCLIP.
  kRounded,
};

// Frames `first` to `first + count` of the video -> [count, 3, side, side] float.
[[nodiscard]] at::Tensor square_pictures(const media::Video& video, size_t first, size_t count, size_t side,
                                         Preparation preparation);
// The middle frame of each of `count` equal parts; a shorter video repeats its last frame.
[[nodiscard]] at::Tensor middle_square_pictures(const media::Video& video, size_t count, size_t side,
                                                Preparation preparation);

// The middle frame of each of `count` equal parts, a shorter video repeating its last: the shorter side to
// `shorter` by OpenCV's bilinear resize of bytes, centre crop -> [count, 3, side, side] float in 0..1: what
// VBench does for UMT. `side` is at most `shorter`.
[[nodiscard]] at::Tensor middle_opencv_pictures(const media::Video& video, size_t count, size_t shorter,
                                                size_t side);

// The shorter side to `side`, bilinear without antialiasing on floats, aspect kept, no crop -> [count, 3, H,
// W] float in 0..1: what VBench does for DINO.
[[nodiscard]] at::Tensor shorter_side_pictures(const media::Video& video, size_t first, size_t count,
                                               size_t side);

// Frame `t` -> [3, H, W] float in 0..1; when its longer side is over `longest`, it is resized to that by
// bilinear interpolation without antialiasing, both sides cut to whole pixels: what VBench does for MUSIQ.
[[nodiscard]] at::Tensor limited_picture(const media::Video& video, size_t t, size_t longest);

// Frames `first` to `first + count` stretched to side x side by antialiased bilinear interpolation of floats,
// the aspect not kept -> [count, 3, side, side] float in 0..1.
[[nodiscard]] at::Tensor stretched_pictures(const media::Video& video, size_t first, size_t count,
                                            size_t side);

// The first `count` frames as cd-fvd's data loader gives them: the shorter side to 256 by antialiased
// bilinear interpolation, centre crop, cut to whole bytes -> [count, 256, 256, 3] uint8.
[[nodiscard]] at::Tensor cdfvd_frames(const media::Video& video, size_t count);

// (x - mean) / deviation, in place: CLIP's and ImageNet's statistics.
[[nodiscard]] at::Tensor normalised_for_clip(const at::Tensor& pictures);
[[nodiscard]] at::Tensor normalised_for_imagenet(const at::Tensor& pictures);

}  // namespace vidbench::metrics
