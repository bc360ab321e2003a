// Containers and single images through libavformat and libavcodec.
#include <fmt/format.h>

#include <cmath>

#include "base/error.h"
#include "media/ffmpeg.h"
#include "media/picture.h"
#include "media/source.h"

namespace vidbench::media {
namespace {

double positive(AVRational rate) { return rate.num > 0 && rate.den > 0 ? av_q2d(rate) : 0.0; }

// FFmpeg's own VP8/VP9 decoders drop the alpha plane; libvpx delivers it.
const AVCodec* find_decoder(const AVStream& stream) {
  const AVCodecID id = stream.codecpar->codec_id;
  const AVDictionaryEntry* alpha = av_dict_get(stream.metadata, "alpha_mode", nullptr, 0);
  if (alpha != nullptr && std::string_view(alpha->value) == "1") {
    const char* name = id == AV_CODEC_ID_VP9 ? "libvpx-vp9" : id == AV_CODEC_ID_VP8 ? "libvpx" : nullptr;
    if (const AVCodec* codec = name ? avcodec_find_decoder_by_name(name) : nullptr) return codec;
  }
  return avcodec_find_decoder(id);
}

class FfmpegSource : public FrameSource {
 public:
  FfmpegSource(const std::filesystem::path& path, const ReadOptions& options)
      : path_(path),
        limits_(options.limits),
        input_(path, limits_.max_pixels_per_frame),
        packet_(allocated(av_packet_alloc())),
        frame_(allocated(av_frame_alloc())) {
    choose_stream();
    open_decoder(options.threads);
    describe(options.assumed_fps);
  }

  const VideoInfo& info() const override { return info_; }
  bool advance() override;
  Frame frame() override;

 private:
  [[noreturn]] void fail(std::string_view what) {
    ended_ = true;
    throw_input(fmt::format("{}: frame {}: {}", path_.string(), delivered_, what),
                "the file is damaged or incomplete; encode or copy it again");
  }
  void choose_stream();
  void open_decoder(int threads);
  void describe(double assumed_fps);
  void feed();
  void accept_frame();
  double time_of_frame();

  std::filesystem::path path_;
  Limits limits_;
  Input input_;
  AVStream* stream_ = nullptr;
  CodecPtr decoder_;
  PacketPtr packet_;
  FramePtr frame_;
  VideoInfo info_;
  Orientation orientation_;
  RgbConverter converter_;
  std::vector<uint8_t> rgb_;
  std::vector<uint8_t> turned_;
  int coded_width_ = 0;  // of the first frame; all others must agree
  int coded_height_ = 0;
  size_t delivered_ = 0;  // frames given so far: the index of the frame in work
  double first_time_s_ = 0;
  double time_s_ = 0;
  bool draining_ = false;
  bool ended_ = false;
};

void FfmpegSource::choose_stream() {
  const int index = av_find_best_stream(input_.get(), AVMEDIA_TYPE_VIDEO, -1, -1, nullptr, 0);
  if (index < 0) throw_input(fmt::format("{}: no video stream", path_.string()));
  stream_ = input_.get()->streams[index];
  for (unsigned i = 0; i < input_.get()->nb_streams; ++i) {
    input_.get()->streams[i]->discard = i == static_cast<unsigned>(index) ? AVDISCARD_DEFAULT : AVDISCARD_ALL;
  }
  const AVCodecParameters& parameters = *stream_->codecpar;
  if (parameters.width > 0 || parameters.height > 0) {
    require_frame_size(path_, 0, parameters.width, parameters.height, limits_);
  }
}

void FfmpegSource::open_decoder(int threads) {
  const AVCodec* codec = find_decoder(*stream_);
  if (codec == nullptr) {
    throw_input(fmt::format("{}: no decoder for codec '{}'", path_.string(),
                            avcodec_get_name(stream_->codecpar->codec_id)));
  }
  decoder_.reset(allocated(avcodec_alloc_context3(codec)));
  int code = avcodec_parameters_to_context(decoder_.get(), stream_->codecpar);
  decoder_->thread_count = threads;
  decoder_->pkt_timebase = stream_->time_base;
  decoder_->max_pixels = static_cast<int64_t>(limits_.max_pixels_per_frame);
  // A damaged frame is an error: concealed pixels would be scored as if the model had made them.
  decoder_->err_recognition = AV_EF_CRCCHECK | AV_EF_BITSTREAM | AV_EF_BUFFER | AV_EF_EXPLODE;
  if (code >= 0) code = avcodec_open2(decoder_.get(), codec, nullptr);
  if (code < 0) {
    throw_input(fmt::format("{}: the {} decoder cannot start: {}", path_.string(), codec->name,
                            ffmpeg_message(code)));
  }
}

void FfmpegSource::describe(double assumed_fps) {
  const auto* matrix = av_stream_get_side_data(stream_, AV_PKT_DATA_DISPLAYMATRIX, nullptr);
  if (matrix != nullptr) orientation_ = orientation_of(reinterpret_cast<const int32_t*>(matrix));
  info_.width = static_cast<size_t>(std::max(0, stream_->codecpar->width));
  info_.height = static_cast<size_t>(std::max(0, stream_->codecpar->height));
  if (orientation_.quarter_turns % 2 == 1) std::swap(info_.width, info_.height);
  info_.rotation_degrees = orientation_.quarter_turns * 90;
  info_.fps = positive(stream_->avg_frame_rate);
  if (info_.fps == 0) info_.fps = positive(stream_->r_frame_rate);
  info_.fps_known = info_.fps > 0 && info_.fps <= 1000;
  if (!info_.fps_known) info_.fps = assumed_fps;
  info_.declared_frames = static_cast<size_t>(std::max<int64_t>(0, stream_->nb_frames));
  const std::string_view names = input_.get()->iformat->name;
  info_.format = std::string(names.substr(0, names.find(',')));
  info_.codec = avcodec_get_name(stream_->codecpar->codec_id);
}

// Sends the decoder one more packet of the stream, or the end of the stream.
void FfmpegSource::feed() {
  while (true) {
    clear_ffmpeg_log();
    const int code = av_read_frame(input_.get(), packet_.get());
    if (code == AVERROR_EOF) {
      // The demuxer's end hides a failed read of the file below it.
      if (input_.get()->pb != nullptr && input_.get()->pb->error < 0 &&
          input_.get()->pb->error != AVERROR_EOF) {
        fail(fmt::format("cannot be read: {}", ffmpeg_message(input_.get()->pb->error)));
      }
      if (!logged_damage().empty()) fail(fmt::format("is cut off ({})", logged_damage()));
      draining_ = true;
      avcodec_send_packet(decoder_.get(), nullptr);
      return;
    }
    if (code < 0) fail(fmt::format("cannot be read: {}", ffmpeg_message(code)));
    if (packet_->stream_index == stream_->index) break;
    av_packet_unref(packet_.get());
  }
  const bool damaged = (packet_->flags & AV_PKT_FLAG_CORRUPT) != 0;
  const int code = damaged ? AVERROR_INVALIDDATA : avcodec_send_packet(decoder_.get(), packet_.get());
  av_packet_unref(packet_.get());
  if (damaged) fail("its data is cut off or damaged");
  if (code < 0 && code != AVERROR(EAGAIN)) fail(fmt::format("cannot be decoded: {}", ffmpeg_message(code)));
}

bool FfmpegSource::advance() {
  while (!ended_) {
    const int code = avcodec_receive_frame(decoder_.get(), frame_.get());
    if (code == 0) {
      accept_frame();
      return true;
    }
    if (code == AVERROR_EOF) {
      ended_ = true;
    } else if (code == AVERROR(EAGAIN) && !draining_) {
      feed();
    } else {
      fail(fmt::format("cannot be decoded: {}", ffmpeg_message(code)));
    }
  }
  return false;
}

void FfmpegSource::accept_frame() {
  if (delivered_ >= limits_.max_frames) {
    ended_ = true;
    throw_input(
        fmt::format("{}: frame {}: more than {} frames", path_.string(), delivered_, limits_.max_frames),
        "raise the limit of frames, or cut the video");
  }
  if (!logged_damage().empty()) fail(fmt::format("its data is damaged ({})", logged_damage()));
  if (frame_->decode_error_flags != 0 || (frame_->flags & AV_FRAME_FLAG_CORRUPT) != 0) {
    fail("its data is damaged");
  }
  require_frame_size(path_, delivered_, frame_->width, frame_->height, limits_);
  if (delivered_ == 0) {
    coded_width_ = frame_->width;
    coded_height_ = frame_->height;
    info_.width = static_cast<size_t>(orientation_.quarter_turns % 2 == 1 ? coded_height_ : coded_width_);
    info_.height = static_cast<size_t>(orientation_.quarter_turns % 2 == 1 ? coded_width_ : coded_height_);
  } else if (frame_->width != coded_width_ || frame_->height != coded_height_) {
    fail(fmt::format("its size changes from {}x{} to {}x{}", coded_width_, coded_height_, frame_->width,
                     frame_->height));
  }
  time_s_ = time_of_frame();
  ++delivered_;
}

double FfmpegSource::time_of_frame() {
  if (frame_->best_effort_timestamp == AV_NOPTS_VALUE) {
    return delivered_ == 0 ? 0 : time_s_ + 1 / info_.fps;
  }
  const double time = static_cast<double>(frame_->best_effort_timestamp) * av_q2d(stream_->time_base);
  if (delivered_ == 0) first_time_s_ = time;
  // Hostile time stamps may run backwards; times never do.
  return delivered_ == 0 ? 0 : std::max(time_s_, time - first_time_s_);
}

Frame FfmpegSource::frame() {
  if (!converter_.convert(*frame_, rgb_)) {
    --delivered_;
    fail(fmt::format("pixel format {} cannot be converted",
                     av_get_pix_fmt_name(static_cast<AVPixelFormat>(frame_->format))));
  }
  std::span<const uint8_t> pixels = rgb_;
  if (orientation_.mirrored || orientation_.quarter_turns != 0) {
    orient(rgb_, static_cast<size_t>(coded_height_), static_cast<size_t>(coded_width_), orientation_,
           turned_);
    pixels = turned_;
  }
  return {delivered_ - 1, time_s_, info_.height, info_.width, pixels};
}

}  // namespace

std::unique_ptr<FrameSource> open_ffmpeg(const std::filesystem::path& path, const ReadOptions& options) {
  return std::make_unique<FfmpegSource>(path, options);
}

}  // namespace vidbench::media
