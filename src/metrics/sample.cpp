#include "metrics/sample.h"

#include <fmt/format.h>

#include "base/error.h"
#include "metrics/registry.h"

namespace vidbench::metrics {

const std::vector<float>& Sample::feature(const std::string& id) {
  return once<std::vector<float>>(feature_key(id), [&] { return registry_.feature(id).compute(*this); });
}

const media::Video& Sample::paired() {
  if (!read_paired_) throw_input("the video has no partner");
  const media::Video& other = once<media::Video>("paired", read_paired_);
  if (other.frames != video_.frames || other.height != video_.height || other.width != video_.width)
    throw_input(
        fmt::format("the video has {} frames of {}x{}, the paired one {} of {}x{}; they must be alike",
                    video_.frames, video_.width, video_.height, other.frames, other.width, other.height));
  return other;
}

void require_frames(const media::Video& video, size_t frames) {
  if (video.frames < frames)
    throw_input(fmt::format("needs at least {} frames, the video has {}", frames, video.frames));
}

}  // namespace vidbench::metrics
