#include "shapes/npy.h"

#include <string>

#include "base/error.h"
#include "base/files.h"

namespace vidbench::shapes {
namespace {

// Magic, version, header length, and a dictionary padded so that the data start at a multiple of 64 bytes.
std::string header(const std::string& shape) {
  std::string text = "{'descr': '|u1', 'fortran_order': False, 'shape': (" + shape + "), }";
  constexpr size_t kPrefix = 10;
  text.resize((kPrefix + text.size() + 1 + 63) / 64 * 64 - kPrefix - 1, ' ');
  text += '\n';
  std::string result("\x93NUMPY\x01\x00", 8);
  result += static_cast<char>(text.size() & 0xff);
  result += static_cast<char>(text.size() >> 8);
  return result + text;
}

std::string shape_of(const Video& video) {
  return std::to_string(video.frames) + ", " + std::to_string(video.height) + ", " +
         std::to_string(video.width) + ", 3";
}

void append(std::string& content, const Video& video) {
  content.append(reinterpret_cast<const char*>(video.pixels.data()), video.pixels.size());
}

}  // namespace

void write_npy(const std::filesystem::path& path, const Video& video) {
  std::string content = header(shape_of(video));
  append(content, video);
  write_file_atomic(path, content);
}

void write_npy(const std::filesystem::path& path, std::span<const Video> videos) {
  if (videos.empty()) throw_input(path.string() + ": no videos to write");
  std::string content = header(std::to_string(videos.size()) + ", " + shape_of(videos.front()));
  for (const auto& video : videos) append(content, video);
  write_file_atomic(path, content);
}

}  // namespace vidbench::shapes
