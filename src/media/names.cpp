#include "media/names.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace vidbench::media {
namespace {

template <size_t N>
bool contains(const std::array<std::string_view, N>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

std::string lower_extension(const std::filesystem::path& path) {
  std::string extension = path.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return extension;
}

bool is_image_name(const std::filesystem::path& path) {
  static constexpr std::array<std::string_view, 4> kImages = {".png", ".jpg", ".jpeg", ".webp"};
  return contains(kImages, lower_extension(path));
}

bool looks_like_video(const std::filesystem::path& path) {
  static constexpr std::array<std::string_view, 16> kVideos = {
      ".mp4", ".m4v", ".mov",  ".mkv", ".webm", ".avi", ".gif", ".npy",
      ".flv", ".mpg", ".mpeg", ".ts",  ".wmv",  ".ogv", ".y4m", ".3gp"};
  std::error_code failure;
  if (!std::filesystem::is_directory(path, failure)) return contains(kVideos, lower_extension(path));
  for (const auto& entry : std::filesystem::directory_iterator(path, failure)) {
    if (is_image_name(entry.path())) return true;
  }
  return false;
}

}  // namespace vidbench::media
