// What file names say, without looking into the files and without FFmpeg.
#pragma once

#include <filesystem>

namespace vidbench::media {

// True for names that VideoReader may read: known video and .npy/.gif endings, or a folder that holds frames.
[[nodiscard]] bool looks_like_video(const std::filesystem::path& path);

[[nodiscard]] bool is_image_name(const std::filesystem::path& path);

// ".mp4" of "A.MP4".
[[nodiscard]] std::string lower_extension(const std::filesystem::path& path);

}  // namespace vidbench::media
