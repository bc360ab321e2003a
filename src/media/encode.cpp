#include "media/encode.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/error.h"
#include "media/ffmpeg.h"
#include "media/npy.h"

namespace vidbench::media {
namespace {

// 23.976 and 29.97 are n·1000/1001; everything else is the nearest fraction with a small denominator.
AVRational rational_rate(double fps) {
  const double broadcast = fps * 1001 / 1000;
  if (std::abs(fps - std::round(fps)) > 1e-6 && std::abs(broadcast - std::round(broadcast)) < 1e-3) {
    return {static_cast<int>(std::lround(broadcast)) * 1000, 1001};
  }
  return av_d2q(fps, 100000);
}

void require_video(const std::filesystem::path& path, const Video& video, const EncodeSpec& spec) {
  const bool whole = video.frames > 0 && video.height > 0 && video.width > 0 &&
                     video.pixels.size() == video.frames * video.frame_bytes();
  if (!whole) {
    throw_input(fmt::format("{}: {} bytes are no video of {} frames of {}x{}", path.string(),
                            video.pixels.size(), video.frames, video.width, video.height));
  }
  if (!(video.fps > 0 && video.fps <= 1000)) {
    throw_input(fmt::format("{}: a frame rate of {}", path.string(), video.fps));
  }
  if (spec.scale_up < 1 || spec.scale_up > 64) {
    throw_input(fmt::format("{}: scale_up {} is outside 1..64", path.string(), spec.scale_up));
  }
  const size_t side = std::max(video.width, video.height) * static_cast<size_t>(spec.scale_up);
  if (side > 16384)
    throw_input(fmt::format("{}: a side of {} pixels, the most is 16384", path.string(), side));
  if (spec.use_times && video.times_s.size() != video.frames) {
    throw_input(fmt::format("{}: {} times for {} frames", path.string(), video.times_s.size(), video.frames));
  }
  if (!spec.alpha.empty() && spec.alpha.size() * 3 != video.pixels.size()) {
    throw_input(fmt::format("{}: the alpha plane does not fit the video", path.string()));
  }
}

FramePtr new_picture(AVPixelFormat format, int width, int height) {
  FramePtr frame(allocated(av_frame_alloc()));
  frame->format = format;
  frame->width = width;
  frame->height = height;
  if (av_frame_get_buffer(frame.get(), 64) < 0) throw std::bad_alloc();
  return frame;
}

// Owns the muxer and its file; one use.
class Encoder {
 public:
  Encoder(const std::filesystem::path& path, const Video& video, const EncodeSpec& spec)
      : path_(path),
        part_(fmt::format("{}.{}.part", path.string(), getpid())),
        video_(video),
        spec_(spec),
        packet_(allocated(av_packet_alloc())) {}
  ~Encoder() {
    if (format_ != nullptr) {
      avio_closep(&format_->pb);
      avformat_free_context(format_);
    }
    std::error_code ignored;
    std::filesystem::remove(part_, ignored);
  }
  Encoder(const Encoder&) = delete;
  Encoder& operator=(const Encoder&) = delete;

  void run() {
    clear_ffmpeg_log();
    open_codec();
    open_file();
    for (size_t i = 0; i < video_.frames; ++i) {
      fill_source(i);
      encode(picture(i));
    }
    encode(nullptr);
    check(av_write_trailer(format_), "cannot be finished");
    check(avio_closep(&format_->pb), "cannot be closed");
    std::error_code failure;
    std::filesystem::rename(part_, path_, failure);
    if (failure) throw_environment(fmt::format("{}: {}", path_.string(), failure.message()));
  }

 private:
  void check(int code, std::string_view what) const {
    if (code < 0) throw_environment(fmt::format("{}: {}: {}", path_.string(), what, ffmpeg_message(code)));
  }
  void open_codec();
  void open_file();
  void fill_source(size_t index);
  AVFrame* picture(size_t index);
  void encode(const AVFrame* frame);

  std::filesystem::path path_;
  std::filesystem::path part_;
  const Video& video_;
  const EncodeSpec& spec_;
  AVFormatContext* format_ = nullptr;
  AVStream* stream_ = nullptr;
  CodecPtr codec_;
  PacketPtr packet_;
  SwsPtr scaler_;
  FramePtr source_;  // RGBA or RGB24, enlarged and padded
  FramePtr target_;  // in the encoder's pixel format
};

void Encoder::open_codec() {
  // The muxer is guessed from the final name, the part file has another ending.
  const char* container = spec_.container.empty() ? nullptr : spec_.container.c_str();
  if (avformat_alloc_output_context2(&format_, nullptr, container, path_.c_str()) < 0) {
    throw_input(fmt::format("{}: no container is known for this ending", path_.string()));
  }
  const AVCodec* codec = avcodec_find_encoder_by_name(spec_.codec.c_str());
  if (codec == nullptr) {
    throw_environment(fmt::format("{}: this FFmpeg has no encoder '{}'", path_.string(), spec_.codec),
                      "install FFmpeg's libraries with that encoder");
  }
  const AVPixelFormat target = av_get_pix_fmt(spec_.pixel_format.c_str());
  if (target == AV_PIX_FMT_NONE) throw_input(fmt::format("no pixel format '{}'", spec_.pixel_format));
  int width = static_cast<int>(video_.width) * spec_.scale_up;
  int height = static_cast<int>(video_.height) * spec_.scale_up;
  if (spec_.pad_to_even) {
    width += width % 2;
    height += height % 2;
  }
  codec_.reset(allocated(avcodec_alloc_context3(codec)));
  codec_->width = width;
  codec_->height = height;
  codec_->pix_fmt = target;
  codec_->framerate = rational_rate(video_.fps);
  codec_->time_base = spec_.use_times ? AVRational{1, 1000} : av_inv_q(codec_->framerate);
  codec_->thread_count = 1;  // the same bytes on every machine
  codec_->flags |= AV_CODEC_FLAG_BITEXACT;
  if ((av_pix_fmt_desc_get(target)->flags & AV_PIX_FMT_FLAG_RGB) == 0) {
    codec_->colorspace = AVCOL_SPC_SMPTE170M;
    codec_->color_range = spec_.pixel_format.starts_with("yuvj") ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG;
  }
  if ((format_->oformat->flags & AVFMT_GLOBALHEADER) != 0) codec_->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
  AVDictionary* options = nullptr;
  for (const auto& [key, value] : spec_.codec_options) av_dict_set(&options, key.c_str(), value.c_str(), 0);
  const int code = avcodec_open2(codec_.get(), codec, &options);
  const bool unused = av_dict_count(options) != 0;
  av_dict_free(&options);
  check(code, fmt::format("the encoder '{}' refuses these settings", spec_.codec));
  if (unused) throw_input(fmt::format("the encoder '{}' does not know every given option", spec_.codec));
  const AVPixelFormat rgb = spec_.alpha.empty() ? AV_PIX_FMT_RGB24 : AV_PIX_FMT_RGBA;
  source_ = new_picture(rgb, width, height);
  target_ = new_picture(target, width, height);
  scaler_.reset(sws_getContext(width, height, rgb, width, height, target,
                               SWS_BICUBIC | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT | SWS_BITEXACT, nullptr,
                               nullptr, nullptr));
  if (!scaler_) throw_input(fmt::format("RGB cannot be converted to '{}'", spec_.pixel_format));
}

void Encoder::open_file() {
  stream_ = allocated(avformat_new_stream(format_, nullptr));
  check(avcodec_parameters_from_context(stream_->codecpar, codec_.get()), "cannot be described");
  stream_->time_base = codec_->time_base;
  stream_->avg_frame_rate = codec_->framerate;
  if (spec_.rotation_degrees != 0) {
    auto* matrix =
        allocated(av_stream_new_side_data(stream_, AV_PKT_DATA_DISPLAYMATRIX, sizeof(int32_t) * 9));
    av_display_rotation_set(reinterpret_cast<int32_t*>(matrix), spec_.rotation_degrees);
  }
  if (!spec_.alpha.empty()) av_dict_set(&stream_->metadata, "alpha_mode", "1", 0);
  format_->flags |= AVFMT_FLAG_BITEXACT;
  const std::string url = "file:" + part_.string();
  check(avio_open(&format_->pb, url.c_str(), AVIO_FLAG_WRITE), "cannot be created");
  // The second pass of "faststart" opens the file again by this name.
  av_freep(&format_->url);
  format_->url = allocated(av_strdup(url.c_str()));
  AVDictionary* options = nullptr;
  for (const auto& [key, value] : spec_.container_options)
    av_dict_set(&options, key.c_str(), value.c_str(), 0);
  const int code = avformat_write_header(format_, &options);
  av_dict_free(&options);
  check(code, "its header cannot be written");
}

void Encoder::fill_source(size_t index) {
  const size_t scale = static_cast<size_t>(spec_.scale_up);
  const size_t channels = spec_.alpha.empty() ? 3 : 4;
  const uint8_t* rgb = video_.frame(index).data();
  const uint8_t* alpha = spec_.alpha.empty() ? nullptr : &spec_.alpha[index * video_.height * video_.width];
  for (int y = 0; y < source_->height; ++y) {
    const size_t from_y = std::min(static_cast<size_t>(y) / scale, video_.height - 1);
    uint8_t* out = source_->data[0] + static_cast<ptrdiff_t>(y) * source_->linesize[0];
    for (int x = 0; x < source_->width; ++x, out += channels) {
      const size_t pixel = from_y * video_.width + std::min(static_cast<size_t>(x) / scale, video_.width - 1);
      std::memcpy(out, rgb + pixel * 3, 3);
      if (alpha != nullptr) out[3] = alpha[pixel];
    }
  }
}

AVFrame* Encoder::picture(size_t index) {
  check(av_frame_make_writable(target_.get()), "out of memory");
  check(sws_scale(scaler_.get(), source_->data, source_->linesize, 0, source_->height, target_->data,
                  target_->linesize),
        "its pixels cannot be converted");
  target_->pts = spec_.use_times ? std::llround(video_.times_s[index] * 1000) : static_cast<int64_t>(index);
  return target_.get();
}

void Encoder::encode(const AVFrame* frame) {
  check(avcodec_send_frame(codec_.get(), frame), "cannot be encoded");
  while (true) {
    const int code = avcodec_receive_packet(codec_.get(), packet_.get());
    if (code == AVERROR(EAGAIN) || code == AVERROR_EOF) return;
    check(code, "cannot be encoded");
    if (packet_->duration == 0 && !spec_.use_times) packet_->duration = 1;
    av_packet_rescale_ts(packet_.get(), codec_->time_base, stream_->time_base);
    packet_->stream_index = stream_->index;
    check(av_interleaved_write_frame(format_, packet_.get()), "cannot be written");
  }
}

}  // namespace

void encode_video(const std::filesystem::path& path, const Video& video, const EncodeSpec& spec) {
  require_video(path, video, spec);
  Encoder(path, video, spec).run();
}

void write_mp4(const std::filesystem::path& path, const Video& video, const Mp4Options& options) {
  if (options.crf < 0 || options.crf > 51) {
    throw_input(fmt::format("{}: crf {} is outside 0..51", path.string(), options.crf));
  }
  EncodeSpec spec;
  spec.codec = "libx264";
  spec.pixel_format = "yuv420p";
  spec.container = "mp4";
  spec.codec_options = {{"crf", std::to_string(options.crf)}, {"preset", options.preset}};
  spec.container_options = {{"movflags", "+faststart"}};
  spec.scale_up = options.scale_up;
  spec.pad_to_even = true;
  encode_video(path, video, spec);
}

void write_animation(const std::filesystem::path& path, const Video& video, const AnimationOptions& options) {
  EncodeSpec spec;
  spec.scale_up = options.scale_up;
  spec.container_options = {{"loop", "0"}};
  if (path.extension() == ".webp") {
    spec.codec = "libwebp_anim";
    spec.pixel_format = "yuv420p";
    spec.container = "webp";
    spec.codec_options = {{"quality", std::to_string(options.quality)}};
  } else if (path.extension() == ".gif") {
    spec.codec = "gif";
    spec.pixel_format = "rgb8";
    spec.container = "gif";
  } else {
    throw_input(fmt::format("{}: an animation ends in .webp or .gif", path.string()));
  }
  encode_video(path, video, spec);
}

void write_npy_video(const std::filesystem::path& path, const Video& video) {
  const size_t shape[] = {video.frames, video.height, video.width, 3};
  write_npy(path, "u1", shape, video.pixels);
}

}  // namespace vidbench::media
