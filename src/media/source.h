// The seam behind VideoReader: FFmpeg files, .npy files, folders of frames and resampling look alike.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "media/reader.h"

namespace vidbench::media {

class FrameSource {
 public:
  virtual ~FrameSource() = default;
  [[nodiscard]] virtual const VideoInfo& info() const = 0;
  // Moves to the next frame; false at the end. Pixels are converted by frame() only.
  virtual bool advance() = 0;
  // The frame that advance() reached; valid until the next advance().
  [[nodiscard]] virtual Frame frame() = 0;
};

[[nodiscard]] std::unique_ptr<FrameSource> open_ffmpeg(const std::filesystem::path& path, const ReadOptions&);
[[nodiscard]] std::unique_ptr<FrameSource> open_npy(const std::filesystem::path& path, const ReadOptions&);
[[nodiscard]] std::unique_ptr<FrameSource> open_folder(const std::filesystem::path& path, const ReadOptions&);

// Throws Error(kInput) naming file and frame when a frame of this size may not be read.
void require_frame_size(const std::filesystem::path& path, size_t index, int64_t width, int64_t height,
                        const Limits& limits);

}  // namespace vidbench::media
