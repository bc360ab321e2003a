#include "media/reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/error.h"
#include "base/strings.h"
#include "media/source.h"

namespace vidbench::media {
namespace {

std::unique_ptr<FrameSource> open_source(const std::filesystem::path& path, const ReadOptions& options) {
  if (!(options.assumed_fps > 0)) throw_input(fmt::format("frame rate {}", options.assumed_fps));
  if (std::filesystem::is_directory(path)) return open_folder(path, options);
  if (lower_extension(path) == ".npy") return open_npy(path, options);
  return open_ffmpeg(path, options);
}

// A constant frame rate from any: output k shows the latest frame whose time is not after k / fps.
class ResampledSource : public FrameSource {
 public:
  ResampledSource(std::unique_ptr<FrameSource> inner, const std::filesystem::path& path,
                  const ReadOptions& options)
      : inner_(std::move(inner)),
        path_(path),
        max_frames_(options.limits.max_frames),
        fps_(*options.resample_fps) {
    if (!(fps_ > 0 && fps_ <= 1000)) throw_input(fmt::format("resampling to {} frames a second", fps_));
    info_ = inner_->info();
    last_duration_s_ = 1 / info_.fps;
    info_.fps = fps_;
    info_.declared_frames = 0;
    load_ahead();
    info_.width = inner_->info().width;
    info_.height = inner_->info().height;
  }

  const VideoInfo& info() const override { return info_; }

  bool advance() override {
    const double time_s = static_cast<double>(next_) / fps_;
    while (ahead_ && ahead_time_s_ <= time_s + kSlack_s) {
      current_.swap(ahead_pixels_);
      current_time_s_ = ahead_time_s_;
      load_ahead();
    }
    if (!ahead_ && (time_s >= current_time_s_ + last_duration_s_ - kSlack_s || current_.empty()))
      return false;
    if (next_ >= max_frames_) {
      throw_input(fmt::format("{}: frame {}: more than {} frames after resampling", path_.string(), next_,
                              max_frames_));
    }
    ++next_;
    return true;
  }

  Frame frame() override {
    return {next_ - 1, static_cast<double>(next_ - 1) / fps_, info_.height, info_.width, current_};
  }

 private:
  // Times are rounded to the container's tick (often 1 ms); half a tick must not move a frame by one.
  static constexpr double kSlack_s = 0.0006;

  void load_ahead() {
    ahead_ = inner_->advance();
    if (!ahead_) return;
    const Frame frame = inner_->frame();
    ahead_pixels_.assign(frame.rgb.begin(), frame.rgb.end());
    ahead_time_s_ = frame.time_s;
  }

  std::unique_ptr<FrameSource> inner_;
  std::filesystem::path path_;
  size_t max_frames_;
  double fps_;
  VideoInfo info_;
  std::vector<uint8_t> current_;
  std::vector<uint8_t> ahead_pixels_;
  double current_time_s_ = 0;
  double ahead_time_s_ = 0;
  double last_duration_s_ = 0;
  bool ahead_ = false;
  size_t next_ = 0;
};

void append(Video& video, const Frame& frame, const std::filesystem::path& path, const Limits& limits) {
  if (video.pixels.size() + frame.rgb.size() > limits.max_total_bytes) {
    throw_input(fmt::format("{}: frame {}: the frames take more than {}", path.string(), frame.index,
                            human_bytes(limits.max_total_bytes)),
                "raise the limit of bytes, or sample fewer frames");
  }
  video.height = frame.height;
  video.width = frame.width;
  video.pixels.insert(video.pixels.end(), frame.rgb.begin(), frame.rgb.end());
  video.times_s.push_back(frame.time_s);
  ++video.frames;
}

// For policies that must know the length first.
void read_listed(VideoReader& reader, std::span<const size_t> wanted, Video& video,
                 const std::filesystem::path& path, const Limits& limits) {
  size_t position = 0;
  for (size_t i = 0; i < wanted.size(); ++position) {
    if (position < wanted[i]) {
      if (!reader.skip()) return;
      continue;
    }
    const std::optional<Frame> frame = reader.next();
    if (!frame) return;
    for (; i < wanted.size() && wanted[i] == position; ++i) append(video, *frame, path, limits);
  }
}

// Room for as many frames like this one as the file declares: without it the memory would double as they
// come. A file whose frames cannot fit is refused at its first.
void make_room(const VideoInfo& info, const Frame& first, size_t stride, size_t count, Video& video,
               const std::filesystem::path& path, const Limits& limits) {
  size_t frames = (info.declared_frames + stride - 1) / stride;
  if (count > 0) frames = std::min(frames, count);
  if (frames > limits.max_total_bytes / first.rgb.size())
    throw_input(fmt::format("{}: {} frames of {}x{} take more than {}", path.string(), frames, first.width,
                            first.height, human_bytes(limits.max_total_bytes)),
                "raise the limit of bytes, or sample fewer frames");
  video.pixels.reserve(frames * first.rgb.size());
}

// Every `stride`-th frame, at most `count` (0: all).
void read_strided(VideoReader& reader, size_t stride, size_t count, Video& video,
                  const std::filesystem::path& path, const Limits& limits) {
  for (size_t position = 0; count == 0 || video.frames < count; ++position) {
    if (position % stride != 0) {
      if (!reader.skip()) return;
      continue;
    }
    const std::optional<Frame> frame = reader.next();
    if (!frame) return;
    if (video.frames == 0) make_room(reader.info(), *frame, stride, count, video, path, limits);
    append(video, *frame, path, limits);
  }
}

}  // namespace

void require_frame_size(const std::filesystem::path& path, size_t index, int64_t width, int64_t height,
                        const Limits& limits) {
  if (width < 1 || height < 1) {
    throw_input(fmt::format("{}: frame {}: its size is {}x{}", path.string(), index, width, height));
  }
  const auto most = static_cast<int64_t>(limits.max_pixels_per_frame);
  if (width > most / height) {
    throw_input(fmt::format("{}: frame {}: {}x{} is more than {} pixels", path.string(), index, width, height,
                            limits.max_pixels_per_frame),
                "raise the limit of pixels, or scale the video down");
  }
}

VideoReader::VideoReader(const std::filesystem::path& path, const ReadOptions& options)
    : source_(open_source(path, options)) {
  if (options.resample_fps) source_ = std::make_unique<ResampledSource>(std::move(source_), path, options);
}
VideoReader::~VideoReader() = default;
VideoReader::VideoReader(VideoReader&&) noexcept = default;
VideoReader& VideoReader::operator=(VideoReader&&) noexcept = default;

const VideoInfo& VideoReader::info() const { return source_->info(); }

std::optional<Frame> VideoReader::next() {
  if (!source_->advance()) return std::nullopt;
  return source_->frame();
}

bool VideoReader::skip() { return source_->advance(); }

Video read_video(const std::filesystem::path& path, const ReadOptions& options, const SamplePolicy& policy) {
  using Kind = SamplePolicy::Kind;
  std::vector<size_t> wanted = sample_indices(1, policy);  // refuses an impossible policy before any decoding
  const bool needs_length = policy.kind == Kind::kUniform || policy.kind == Kind::kMiddle;
  if (needs_length) {
    const size_t total = count_frames(path, options);
    if (total == 0) throw_input(fmt::format("{}: holds no frames", path.string()));
    wanted = sample_indices(total, policy);
  }
  VideoReader reader(path, options);
  Video video;
  video.fps = reader.info().fps;
  if (needs_length) {
    read_listed(reader, wanted, video, path, options.limits);
  } else {
    read_strided(reader, policy.kind == Kind::kStride ? policy.stride : 1,
                 policy.kind == Kind::kAll ? 0 : policy.count, video, path, options.limits);
  }
  if (video.frames == 0) throw_input(fmt::format("{}: holds no frames", path.string()));
  return video;
}

size_t count_frames(const std::filesystem::path& path, const ReadOptions& options) {
  VideoReader reader(path, options);
  size_t count = 0;
  while (reader.skip()) ++count;
  return count;
}

}  // namespace vidbench::media
