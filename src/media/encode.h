// Writes videos: H.264 for browsers and people, animated WebP or GIF for pages, .npy for programs.
// Every file is written beside its place under a temporary name and renamed when whole.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "media/video.h"

namespace vidbench::media {

struct Mp4Options {
  int crf = 18;  // x264's constant quality: 0 lossless, 18 visually clean, 51 worst
  std::string preset = "medium";
  int scale_up = 1;  // integer nearest-neighbour enlargement: small videos stay sharp in a player
};

// H.264 High, yuv420p (BT.601, tagged), index at the front. An odd width or height is made even by repeating
// the last column or row. The same input gives the same bytes. Errors: kInput for an empty video or an option
// out of range, kEnvironment for an encoder that is missing or a file that cannot be written.
void write_mp4(const std::filesystem::path& path, const Video& video, const Mp4Options& options = {});

struct AnimationOptions {
  int quality = 75;  // WebP: 0..100
  int scale_up = 1;
};

// Endless loop; `path` ends in .webp or .gif (256 fixed colours: use WebP where quality matters).
void write_animation(const std::filesystem::path& path, const Video& video,
                     const AnimationOptions& options = {});

// uint8 [T, H, W, 3].
void write_npy_video(const std::filesystem::path& path, const Video& video);

// Any encoder of this FFmpeg: what the functions above are made of, and what tests make odd files with.
struct EncodeSpec {
  std::string codec;         // encoder name, e.g. "libx264", "ffv1", "libvpx-vp9"
  std::string pixel_format;  // e.g. "yuv420p", "yuv420p10le"
  std::string container;     // muxer name; empty: from the file's ending
  std::map<std::string, std::string> codec_options;
  std::map<std::string, std::string> container_options;
  int scale_up = 1;
  bool pad_to_even = false;
  int rotation_degrees = 0;    // clockwise, written as the container's display matrix
  bool use_times = false;      // time stamps from Video::times_s (milliseconds), not from fps
  std::vector<uint8_t> alpha;  // [T, H, W], for pixel formats with transparency; empty: opaque
};
void encode_video(const std::filesystem::path& path, const Video& video, const EncodeSpec& spec);

}  // namespace vidbench::media
