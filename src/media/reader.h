// Videos as RGB frames, whatever they lie in: any container FFmpeg reads, .gif, .npy (uint8 [T,H,W,3] or
// [T,H,W] grey) and folders of png/jpg/webp frames in natural order (2 before 10).
//
// Frames come as coded, each with its time; the container's rotation is applied; more than 8 bits are reduced
// to 8; transparency is laid on black; YUV is converted with the matrix and range that the file names, or
// else BT.601 limited range (what OpenCV, PyAV and decord do). See docs/media.md.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "media/names.h"
#include "media/sample.h"
#include "media/video.h"

namespace vidbench::media {

// What a file may ask of this process, checked before memory is taken.
struct Limits {
  size_t max_pixels_per_frame = size_t{8192} * 8192;
  size_t max_frames = 100'000;
  size_t max_total_bytes = size_t{8} << 30;  // of read_video's result
};

struct ReadOptions {
  Limits limits;
  // Frames at 0, 1/f, 2/f, … each the latest frame shown at that time, until the last frame's end.
  std::optional<double> resample_fps;
  // For .npy files and folders, which carry no rate.
  double assumed_fps = 24;
  // Decoder threads. One gives the same result always; more is faster for a single large file.
  int threads = 1;
};

struct VideoInfo {
  size_t height = 0;  // after rotation
  size_t width = 0;
  double fps = 0;          // average
  bool fps_known = false;  // false: `assumed_fps`
  size_t declared_frames =
      0;  // what the container says; 0 when it does not. The true count is known at the end
  int rotation_degrees = 0;  // clockwise, already applied
  std::string format;        // e.g. "mov", "matroska", "npy", "folder"
  std::string codec;         // e.g. "h264"; "raw" for .npy
};

// One frame; `rgb` [H, W, 3] is valid until the next call on the reader.
struct Frame {
  size_t index = 0;
  double time_s = 0;
  size_t height = 0;
  size_t width = 0;
  std::span<const uint8_t> rgb;
};

class FrameSource;

// Reads frame by frame; memory is bounded by a few frames. Not thread-safe; readers are independent.
// The constructor and next() throw Error(kInput), naming file and frame, for a file that is missing, damaged,
// over a limit, without a video stream, or whose frame size changes. A reader that has thrown is not to be
// used further.
class VideoReader {
 public:
  explicit VideoReader(const std::filesystem::path& path, const ReadOptions& options = {});
  ~VideoReader();
  VideoReader(VideoReader&&) noexcept;
  VideoReader& operator=(VideoReader&&) noexcept;

  [[nodiscard]] const VideoInfo& info() const;
  // Empty at the end.
  [[nodiscard]] std::optional<Frame> next();
  // Like next() without converting pixels; false at the end.
  bool skip();

 private:
  std::unique_ptr<FrameSource> source_;
};

// The chosen frames as one array. A policy that depends on the length decodes the file twice (the second time
// only the chosen frames are converted), because containers do not always tell their true length. Throws as
// VideoReader does, and for a file without frames.
[[nodiscard]] Video read_video(const std::filesystem::path& path, const ReadOptions& options = {},
                               const SamplePolicy& policy = {});

// The true number of frames, by decoding.
[[nodiscard]] size_t count_frames(const std::filesystem::path& path, const ReadOptions& options = {});

}  // namespace vidbench::media
