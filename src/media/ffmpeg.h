// Owners of FFmpeg's objects and its messages as text. Included by this folder's .cpp files only.
#pragma once

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/avutil.h>
#include <libavutil/dict.h>
#include <libavutil/display.h>
#include <libavutil/frame.h>
#include <libavutil/imgutils.h>
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>
}

#include <filesystem>
#include <memory>
#include <string>

namespace vidbench::media {

struct FfmpegDeleter {
  void operator()(AVCodecContext* context) const { avcodec_free_context(&context); }
  void operator()(AVFrame* frame) const { av_frame_free(&frame); }
  void operator()(AVPacket* packet) const { av_packet_free(&packet); }
  void operator()(SwsContext* context) const { sws_freeContext(context); }
};
using CodecPtr = std::unique_ptr<AVCodecContext, FfmpegDeleter>;
using FramePtr = std::unique_ptr<AVFrame, FfmpegDeleter>;
using PacketPtr = std::unique_ptr<AVPacket, FfmpegDeleter>;
using SwsPtr = std::unique_ptr<SwsContext, FfmpegDeleter>;

// The result, or std::bad_alloc for nullptr.
template <typename T>
T* allocated(T* pointer) {
  if (pointer == nullptr) throw std::bad_alloc();
  return pointer;
}

// An open input. Reads the file through our own AVIOContext and refuses to open anything else, so that a
// playlist or a reference inside a hostile file can reach neither other files nor the network.
class Input {
 public:
  // `max_pixels` also bounds the decoders that probing starts. Throws Error(kInput) naming the file.
  Input(const std::filesystem::path& path, size_t max_pixels);
  ~Input();
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;
  [[nodiscard]] AVFormatContext* get() const { return format_; }

 private:
  void open(const std::filesystem::path& path);
  void probe_streams(const std::filesystem::path& path, size_t max_pixels);
  void close();

  struct File;
  std::unique_ptr<File> file_;
  AVIOContext* io_ = nullptr;
  AVFormatContext* format_ = nullptr;
};

// "Invalid data found when processing input (moov atom not found)": FFmpeg's text for `code` with the last
// line that it logged on this thread since clear_ffmpeg_log().
[[nodiscard]] std::string ffmpeg_message(int code);
// Routes FFmpeg's log away from stderr (once a process) and forgets this thread's lines.
void clear_ffmpeg_log();
// What this thread logged since then about data that is damaged or cut off, although the call succeeded;
// empty when nothing. FFV1's check sums, H.264's concealment and Matroska's early end are told in no other
// way.
[[nodiscard]] const std::string& logged_damage();

}  // namespace vidbench::media
