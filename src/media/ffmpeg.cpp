#include "media/ffmpeg.h"

#include <fmt/format.h>

#include <cstdarg>
#include <cstdio>
#include <mutex>
#include <vector>

#include "base/error.h"
#include "base/strings.h"

namespace vidbench::media {
namespace {

constexpr int kIoBufferBytes = 64 * 1024;

// Parts of FFmpeg's messages (5.1 to 7) that mean damage; tests/media/damage_test.cpp holds them to it.
constexpr std::string_view kDamageMarks[] = {"CRC mismatch", "ended prematurely", "error while decoding",
                                             "concealing"};

thread_local std::string last_log_line;
thread_local std::string damage_line;

void keep_log_line(void*, int level, const char* format, va_list arguments) {
  if (level > AV_LOG_ERROR) return;
  char line[512];
  std::vsnprintf(line, sizeof line, format, arguments);
  std::string text = trim(line);
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  }
  for (const std::string_view mark : kDamageMarks) {
    if (text.find(mark) != std::string::npos) damage_line = text;
  }
  if (!text.empty()) last_log_line = std::move(text);
}

int refuse_nested_open(AVFormatContext*, AVIOContext**, const char*, int, AVDictionary**) {
  return AVERROR(EACCES);
}

}  // namespace

void clear_ffmpeg_log() {
  static std::once_flag once;
  std::call_once(once, [] { av_log_set_callback(&keep_log_line); });
  last_log_line.clear();
  damage_line.clear();
}

const std::string& logged_damage() { return damage_line; }

std::string ffmpeg_message(int code) {
  char text[AV_ERROR_MAX_STRING_SIZE] = {};
  av_strerror(code, text, sizeof text);
  return last_log_line.empty() ? std::string(text) : fmt::format("{} ({})", text, last_log_line);
}

struct Input::File {
  std::FILE* handle = nullptr;

  static int read(void* opaque, uint8_t* buffer, int size) {
    std::FILE* handle = static_cast<File*>(opaque)->handle;
    const size_t count = std::fread(buffer, 1, static_cast<size_t>(size), handle);
    if (count > 0) return static_cast<int>(count);
    return std::ferror(handle) ? AVERROR(EIO) : AVERROR_EOF;
  }
  static int64_t seek(void* opaque, int64_t offset, int whence) {
    std::FILE* handle = static_cast<File*>(opaque)->handle;
    if (whence == AVSEEK_SIZE) {
      const off_t here = ftello(handle);
      if (fseeko(handle, 0, SEEK_END) != 0) return AVERROR(EIO);
      const off_t size = ftello(handle);
      return fseeko(handle, here, SEEK_SET) == 0 ? size : AVERROR(EIO);
    }
    return fseeko(handle, offset, whence & ~AVSEEK_FORCE) == 0 ? ftello(handle) : AVERROR(EINVAL);
  }
  ~File() {
    if (handle != nullptr) std::fclose(handle);
  }
};

Input::Input(const std::filesystem::path& path, size_t max_pixels) : file_(std::make_unique<File>()) {
  clear_ffmpeg_log();
  try {
    open(path);
    probe_streams(path, max_pixels);
  } catch (...) {
    close();
    throw;
  }
}

Input::~Input() { close(); }

void Input::close() {
  avformat_close_input(&format_);
  if (io_ != nullptr) av_freep(&io_->buffer);
  avio_context_free(&io_);
}

void Input::open(const std::filesystem::path& path) {
  std::error_code failure;
  if (!std::filesystem::is_regular_file(path, failure)) {
    throw_input(fmt::format("{}: no such file", path.string()));
  }
  file_->handle = std::fopen(path.c_str(), "rb");
  if (file_->handle == nullptr) throw_input(fmt::format("{}: cannot be opened", path.string()));
  auto* buffer = static_cast<unsigned char*>(allocated(av_malloc(kIoBufferBytes)));
  io_ = allocated(
      avio_alloc_context(buffer, kIoBufferBytes, 0, file_.get(), &File::read, nullptr, &File::seek));
  format_ = allocated(avformat_alloc_context());
  format_->pb = io_;
  format_->flags |= AVFMT_FLAG_CUSTOM_IO;
  format_->io_open = &refuse_nested_open;
  // Demuxers that open further inputs by themselves inherit this list; nothing matches it.
  format_->protocol_whitelist = allocated(av_strdup("none"));
  // On failure the context is freed and set to null.
  const int code = avformat_open_input(&format_, path.filename().c_str(), nullptr, nullptr);
  if (code < 0) {
    throw_input(fmt::format("{}: not a readable video: {}", path.string(), ffmpeg_message(code)));
  }
}

void Input::probe_streams(const std::filesystem::path& path, size_t max_pixels) {
  const unsigned streams = format_->nb_streams;
  std::vector<AVDictionary*> options(streams, nullptr);
  for (AVDictionary*& dictionary : options) {
    av_dict_set_int(&dictionary, "max_pixels", static_cast<int64_t>(max_pixels), 0);
    av_dict_set(&dictionary, "threads", "1", 0);
  }
  const int code = avformat_find_stream_info(format_, streams == 0 ? nullptr : options.data());
  for (AVDictionary*& dictionary : options) av_dict_free(&dictionary);
  if (code < 0) {
    throw_input(fmt::format("{}: its streams cannot be read: {}", path.string(), ffmpeg_message(code)));
  }
}

}  // namespace vidbench::media
