#include "metrics/decode_ahead.h"

#include "media/reader.h"

namespace vidbench::metrics {
namespace {

constexpr size_t kMostBytes = size_t{4} << 30;  // of one decoded video

media::Video read(const std::filesystem::path& path, size_t frames) {
  media::ReadOptions options;
  options.limits.max_total_bytes = kMostBytes;
  media::SamplePolicy policy;
  if (frames > 0) policy = {media::SamplePolicy::Kind::kFirst, frames};
  return media::read_video(path, options, policy);
}

}  // namespace

void DecodeAhead::start(const std::filesystem::path& path) {
  path_ = path;
  ahead_ = std::async(std::launch::async, read, path, frames_);
}

media::Video DecodeAhead::take(const std::filesystem::path& path) {
  if (!ahead_.valid() || path_ != path) start(path);
  return ahead_.get();
}

}  // namespace vidbench::metrics
