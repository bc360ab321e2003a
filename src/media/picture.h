// From a decoded FFmpeg frame to upright RGB bytes.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "media/ffmpeg.h"

namespace vidbench::media {

// How the stored picture is turned to be shown: a mirror first, then quarter turns clockwise.
struct Orientation {
  bool mirrored = false;
  int quarter_turns = 0;  // 0..3, clockwise
};

// From a stream's or frame's display matrix (9 values, 16.16 fixed point). Angles that are no multiple of 90
// degrees are rounded to the nearest one.
[[nodiscard]] Orientation orientation_of(const int32_t* display_matrix);

// Turns RGB [height, width, 3]; the result is [width, height, 3] for odd quarter turns.
void orient(std::span<const uint8_t> rgb, size_t height, size_t width, Orientation orientation,
            std::vector<uint8_t>& out);

// Converts frames of any pixel format to tightly packed RGB24; keeps its scaler between frames of one kind.
class RgbConverter {
 public:
  // Into `rgb` (resized to height*width*3). False when FFmpeg cannot convert the pixel format.
  bool convert(const AVFrame& frame, std::vector<uint8_t>& rgb);

 private:
  bool prepare(const AVFrame& frame, AVPixelFormat target);

  SwsPtr scaler_;
  FramePtr buffer_;
  int format_ = -1;
  int width_ = 0;
  int height_ = 0;
  int colorspace_ = -1;
  int range_ = -1;
};

}  // namespace vidbench::media
