// Folders of frames: one image file a frame, in natural order of their names.
#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "media/source.h"

namespace vidbench::media {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// frame2 before frame10; equal numbers with other zeros ("02", "2") by text, so that the order is total.
bool natural_less(const std::string& a, const std::string& b) {
  size_t i = 0;
  size_t j = 0;
  while (i < a.size() && j < b.size()) {
    if (!is_digit(a[i]) || !is_digit(b[j])) {
      if (a[i] != b[j]) return a[i] < b[j];
      ++i, ++j;
      continue;
    }
    while (i < a.size() && a[i] == '0') ++i;
    while (j < b.size() && b[j] == '0') ++j;
    const size_t start_a = i;
    const size_t start_b = j;
    while (i < a.size() && is_digit(a[i])) ++i;
    while (j < b.size() && is_digit(b[j])) ++j;
    if (i - start_a != j - start_b) return i - start_a < j - start_b;
    const int order = a.compare(start_a, i - start_a, b, start_b, j - start_b);
    if (order != 0) return order < 0;
  }
  if ((a.size() - i) != (b.size() - j)) return a.size() - i < b.size() - j;
  return a < b;
}

class FolderSource : public FrameSource {
 public:
  FolderSource(const std::filesystem::path& path, const ReadOptions& options)
      : path_(path), options_(options) {
    for (const auto& entry : std::filesystem::directory_iterator(path)) {
      if (!entry.is_regular_file() || !is_image_name(entry.path())) continue;
      files_.push_back(entry.path().filename().string());
      if (files_.size() > options.limits.max_frames) {
        throw_input(fmt::format("{}: more than {} frames", path.string(), options.limits.max_frames),
                    "raise the limit of frames");
      }
    }
    if (files_.empty())
      throw_input(fmt::format("{}: a folder without png, jpg or webp frames", path.string()));
    std::sort(files_.begin(), files_.end(), natural_less);
    current_ = open_ffmpeg(path_ / files_[0], options_);
    info_ = current_->info();
    info_.fps = options.assumed_fps;
    info_.fps_known = false;
    info_.declared_frames = files_.size();
    info_.format = "folder";
  }

  const VideoInfo& info() const override { return info_; }

  bool advance() override {
    if (next_ == files_.size()) return false;
    const std::filesystem::path file = path_ / files_[next_];
    if (next_ > 0) current_ = open_ffmpeg(file, options_);
    if (!current_->advance()) throw_input(fmt::format("{}: holds no picture", file.string()));
    const VideoInfo& image = current_->info();
    if (next_ == 0) {
      info_.width = image.width;
      info_.height = image.height;
    } else if (image.width != info_.width || image.height != info_.height) {
      throw_input(fmt::format("{}: frame {}: its size {}x{} differs from the first frame's {}x{}",
                              file.string(), next_, image.width, image.height, info_.width, info_.height));
    }
    ++next_;
    return true;
  }

  Frame frame() override {
    Frame frame = current_->frame();
    frame.index = next_ - 1;
    frame.time_s = static_cast<double>(frame.index) / info_.fps;
    return frame;
  }

 private:
  std::filesystem::path path_;
  ReadOptions options_;
  std::vector<std::string> files_;
  std::unique_ptr<FrameSource> current_;
  VideoInfo info_;
  size_t next_ = 0;
};

}  // namespace

std::unique_ptr<FrameSource> open_folder(const std::filesystem::path& path, const ReadOptions& options) {
  return std::make_unique<FolderSource>(path, options);
}

}  // namespace vidbench::media
