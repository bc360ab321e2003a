#include "media/picture.h"

#include <cmath>
#include <cstring>

namespace vidbench::media {
namespace {

bool has_alpha(int format) {
  const AVPixFmtDescriptor* descriptor = av_pix_fmt_desc_get(static_cast<AVPixelFormat>(format));
  return descriptor != nullptr && (descriptor->flags & (AV_PIX_FMT_FLAG_ALPHA | AV_PIX_FMT_FLAG_PAL)) != 0;
}

bool is_full_range_yuv(int format) {
  switch (format) {
    case AV_PIX_FMT_YUVJ420P:
    case AV_PIX_FMT_YUVJ422P:
    case AV_PIX_FMT_YUVJ444P:
    case AV_PIX_FMT_YUVJ440P:
    case AV_PIX_FMT_YUVJ411P:
      return true;
    default:
      return false;
  }
}

// swscale's own defaults (BT.601, limited range) are kept for what the file does not name.
void apply_colour_tags(SwsContext* scaler, const AVFrame& frame) {
  const AVPixFmtDescriptor* descriptor = av_pix_fmt_desc_get(static_cast<AVPixelFormat>(frame.format));
  if ((descriptor->flags & AV_PIX_FMT_FLAG_RGB) != 0) return;
  const bool full = frame.color_range == AVCOL_RANGE_JPEG || is_full_range_yuv(frame.format);
  const bool matrix_named =
      frame.colorspace != AVCOL_SPC_UNSPECIFIED && frame.colorspace != AVCOL_SPC_RESERVED;
  if (!matrix_named && !full) return;
  const int* matrix = sws_getCoefficients(matrix_named ? frame.colorspace : SWS_CS_DEFAULT);
  sws_setColorspaceDetails(scaler, matrix, full ? 1 : 0, sws_getCoefficients(SWS_CS_DEFAULT), 1, 0, 1 << 16,
                           1 << 16);
}

void copy_rgb(const AVFrame& from, std::vector<uint8_t>& rgb) {
  const size_t row_bytes = static_cast<size_t>(from.width) * 3;
  for (int y = 0; y < from.height; ++y) {
    std::memcpy(rgb.data() + static_cast<size_t>(y) * row_bytes,
                from.data[0] + static_cast<ptrdiff_t>(y) * from.linesize[0], row_bytes);
  }
}

void composite_on_black(const AVFrame& from, std::vector<uint8_t>& rgb) {
  uint8_t* out = rgb.data();
  for (int y = 0; y < from.height; ++y) {
    const uint8_t* in = from.data[0] + static_cast<ptrdiff_t>(y) * from.linesize[0];
    for (int x = 0; x < from.width; ++x, in += 4) {
      for (int channel = 0; channel < 3; ++channel) {
        *out++ = static_cast<uint8_t>((in[channel] * in[3] + 127) / 255);
      }
    }
  }
}

}  // namespace

Orientation orientation_of(const int32_t* display_matrix) {
  Orientation orientation;
  int32_t matrix[9];
  std::memcpy(matrix, display_matrix, sizeof matrix);
  const double determinant =
      static_cast<double>(matrix[0]) * matrix[4] - static_cast<double>(matrix[1]) * matrix[3];
  if (determinant < 0) {
    orientation.mirrored = true;
    // The matrix is mirror, then rotation: take the mirror (x -> -x) out to see the rotation.
    matrix[0] = matrix[0] == INT32_MIN ? INT32_MAX : -matrix[0];
    matrix[1] = matrix[1] == INT32_MIN ? INT32_MAX : -matrix[1];
  }
  const double degrees_counterclockwise = av_display_rotation_get(matrix);
  if (std::isnan(degrees_counterclockwise)) return {};
  const long turns = std::lround(-degrees_counterclockwise / 90);
  orientation.quarter_turns = static_cast<int>(((turns % 4) + 4) % 4);
  return orientation;
}

void orient(std::span<const uint8_t> rgb, size_t height, size_t width, Orientation orientation,
            std::vector<uint8_t>& out) {
  out.resize(rgb.size());
  const bool swap = orientation.quarter_turns % 2 == 1;
  const size_t out_height = swap ? width : height;
  const size_t out_width = swap ? height : width;
  for (size_t y = 0; y < out_height; ++y) {
    for (size_t x = 0; x < out_width; ++x) {
      size_t from_y = y;
      size_t from_x = x;
      switch (orientation.quarter_turns) {
        case 1:
          from_y = height - 1 - x, from_x = y;
          break;
        case 2:
          from_y = height - 1 - y, from_x = width - 1 - x;
          break;
        case 3:
          from_y = x, from_x = width - 1 - y;
          break;
        default:
          break;
      }
      if (orientation.mirrored) from_x = width - 1 - from_x;
      std::memcpy(&out[(y * out_width + x) * 3], &rgb[(from_y * width + from_x) * 3], 3);
    }
  }
}

bool RgbConverter::prepare(const AVFrame& frame, AVPixelFormat target) {
  if (scaler_ && frame.format == format_ && frame.width == width_ && frame.height == height_ &&
      frame.colorspace == colorspace_ && frame.color_range == range_) {
    return true;
  }
  // SWS_BICUBIC alone, as OpenCV asks for: 4:2:0 then takes the same unscaled path and gives the same bytes.
  scaler_.reset(sws_getContext(frame.width, frame.height, static_cast<AVPixelFormat>(frame.format),
                               frame.width, frame.height, target, SWS_BICUBIC, nullptr, nullptr, nullptr));
  if (!scaler_) return false;
  apply_colour_tags(scaler_.get(), frame);
  // swscale's vector code writes beyond a row's end: it gets a padded picture of its own.
  buffer_.reset(allocated(av_frame_alloc()));
  buffer_->format = target;
  buffer_->width = frame.width;
  buffer_->height = frame.height;
  if (av_frame_get_buffer(buffer_.get(), 64) < 0) throw std::bad_alloc();
  format_ = frame.format;
  width_ = frame.width;
  height_ = frame.height;
  colorspace_ = frame.colorspace;
  range_ = frame.color_range;
  return true;
}

bool RgbConverter::convert(const AVFrame& frame, std::vector<uint8_t>& rgb) {
  const bool alpha = has_alpha(frame.format);
  if (!prepare(frame, alpha ? AV_PIX_FMT_RGBA : AV_PIX_FMT_RGB24)) return false;
  const int rows =
      sws_scale(scaler_.get(), frame.data, frame.linesize, 0, frame.height, buffer_->data, buffer_->linesize);
  if (rows != frame.height) return false;
  rgb.resize(static_cast<size_t>(frame.width) * static_cast<size_t>(frame.height) * 3);
  if (alpha) {
    composite_on_black(*buffer_, rgb);
  } else {
    copy_rgb(*buffer_, rgb);
  }
  return true;
}

}  // namespace vidbench::media
