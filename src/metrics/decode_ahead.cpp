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
  ahead_.emplace(path, std::async(std::launch::async, read, path, frames_));
}

media::Video DecodeAhead::take(const std::filesystem::path& path) {
  const auto begun = ahead_.find(path);
  if (begun == ahead_.end()) return read(path, frames_);
  std::future<media::Video> video = std::move(begun->second);
  ahead_.erase(begun);
  return video.get();
}

}  // namespace vidbench::metrics
