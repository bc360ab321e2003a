#include "shapes/video_file.h"

#include <array>
#include <vector>

#include "base/error.h"
#include "media/npy.h"

namespace vidbench::shapes {
namespace {

std::vector<size_t> shape_of(const Video& video) {
  return {static_cast<size_t>(video.frames), static_cast<size_t>(video.height),
          static_cast<size_t>(video.width), 3};
}

}  // namespace

void write_video(const std::filesystem::path& path, const Video& video) {
  media::write_npy(path, "u1", shape_of(video), video.pixels);
}

void write_videos(const std::filesystem::path& path, std::span<const Video> videos) {
  if (videos.empty()) throw_input(path.string() + ": no videos to write");
  std::vector<size_t> shape = shape_of(videos.front());
  shape.insert(shape.begin(), videos.size());
  std::vector<uint8_t> bytes;
  for (const auto& video : videos) bytes.insert(bytes.end(), video.pixels.begin(), video.pixels.end());
  media::write_npy(path, "u1", shape, bytes);
}

}  // namespace vidbench::shapes
