// The next video is decoded while the one before is measured.
#pragma once

#include <filesystem>
#include <future>

#include "media/video.h"

namespace vidbench::metrics {

// Memory: two decoded videos. One thread at a time.
class DecodeAhead {
 public:
  // Of each video the first `frames` frames; 0: all.
  explicit DecodeAhead(size_t frames) : frames_(frames) {}

  // Begins to decode `path` in the background; what an earlier start() began and nobody took is dropped.
  void start(const std::filesystem::path& path);
  // The video `path`: what start() began, when it was this one. Throws as media::read_video does.
  [[nodiscard]] media::Video take(const std::filesystem::path& path);

 private:
  size_t frames_;
  std::filesystem::path path_;
  std::future<media::Video> ahead_;
};

}  // namespace vidbench::metrics
