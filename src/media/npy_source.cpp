// Raw videos: .npy files of uint8 [T, H, W, 3] or [T, H, W], read frame by frame.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <fstream>

#include "base/error.h"
#include "media/npy.h"
#include "media/source.h"

namespace vidbench::media {
namespace {

void require_video(const std::string& name, const NpyHeader& header) {
  const auto& shape = header.shape;
  if (header.dtype != "u1") {
    throw_input(fmt::format("{}: dtype {}, a video is uint8", name, header.dtype),
                header.dtype.find('f') != std::string::npos
                    ? "convert values in 0..1 with (array * 255).round().astype(numpy.uint8)"
                    : "convert it with array.astype(numpy.uint8)");
  }
  if (header.fortran_order) {
    throw_input(fmt::format("{}: Fortran order", name), "save it with numpy.ascontiguousarray(array)");
  }
  if (!(shape.size() == 3 || (shape.size() == 4 && shape[3] == 3))) {
    throw_input(
        fmt::format("{}: shape ({}), a video is [frames, height, width, 3] or [frames, height, width]", name,
                    fmt::join(shape, ", ")),
        shape.size() == 4 && shape[1] == 3 ? "move the channels last: array.transpose(0, 2, 3, 1)" : "");
  }
}

class NpySource : public FrameSource {
 public:
  NpySource(const std::filesystem::path& path, const ReadOptions& options) : path_(path) {
    const NpyHeader header = read_npy_header(path);
    require_video(path.string(), header);
    frames_ = header.shape[0];
    gray_ = header.shape.size() == 3;
    info_.height = header.shape[1];
    info_.width = header.shape[2];
    info_.fps = options.assumed_fps;
    info_.declared_frames = frames_;
    info_.format = "npy";
    info_.codec = "raw";
    require_frame_size(path, 0, static_cast<int64_t>(info_.width), static_cast<int64_t>(info_.height),
                       options.limits);
    if (frames_ > options.limits.max_frames) {
      throw_input(
          fmt::format("{}: {} frames, more than {}", path.string(), frames_, options.limits.max_frames),
          "raise the limit of frames, or cut the video");
    }
    raw_.resize(info_.height * info_.width * (gray_ ? 1 : 3));
    file_.open(path, std::ios::binary);
    file_.seekg(static_cast<std::streamoff>(header.data_offset));
  }

  const VideoInfo& info() const override { return info_; }

  bool advance() override {
    if (next_ == frames_) return false;
    file_.read(reinterpret_cast<char*>(raw_.data()), static_cast<std::streamsize>(raw_.size()));
    if (static_cast<size_t>(file_.gcount()) != raw_.size()) {
      throw_input(fmt::format("{}: frame {}: cannot be read", path_.string(), next_));
    }
    ++next_;
    return true;
  }

  Frame frame() override {
    std::span<const uint8_t> pixels = raw_;
    if (gray_) {
      rgb_.resize(raw_.size() * 3);
      for (size_t i = 0; i < raw_.size(); ++i) rgb_[3 * i] = rgb_[3 * i + 1] = rgb_[3 * i + 2] = raw_[i];
      pixels = rgb_;
    }
    const double time_s = static_cast<double>(next_ - 1) / info_.fps;
    return {next_ - 1, time_s, info_.height, info_.width, pixels};
  }

 private:
  std::filesystem::path path_;
  VideoInfo info_;
  std::ifstream file_;
  size_t frames_ = 0;
  size_t next_ = 0;
  bool gray_ = false;
  std::vector<uint8_t> raw_;
  std::vector<uint8_t> rgb_;
};

}  // namespace

std::unique_ptr<FrameSource> open_npy(const std::filesystem::path& path, const ReadOptions& options) {
  return std::make_unique<NpySource>(path, options);
}

}  // namespace vidbench::media
