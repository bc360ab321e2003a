// The next videos are decoded while those before are measured.
#pragma once

#include <filesystem>
#include <future>
#include <map>

#include "media/video.h"

namespace vidbench::metrics {

// Memory: every video that was started and not yet taken. One thread at a time.
class DecodeAhead {
 public:
  // Of each video the first `frames` frames; 0: all.
  explicit DecodeAhead(size_t frames) : frames_(frames) {}

  // Begins to decode `path` in the background.
  void start(const std::filesystem::path& path);
  // The video `path`, decoded now when start() has not begun it. Throws as media::read_video does.
  [[nodiscard]] media::Video take(const std::filesystem::path& path);

 private:
  size_t frames_;
  std::multimap<std::filesystem::path, std::future<media::Video>> ahead_;
};

}  // namespace vidbench::metrics
