#include "metrics/sample.h"

#include <fmt/format.h>

#include "base/error.h"
#include "metrics/registry.h"

namespace vidbench::metrics {

const std::vector<float>& Sample::feature(const std::string& id) {
  return once<std::vector<float>>("feature " + id, [&] { return registry_.feature(id).compute(*this); });
}

void require_frames(const media::Video& video, size_t frames) {
  if (video.frames < frames)
    throw_input(fmt::format("needs at least {} frames, the video has {}", frames, video.frames));
}

}  // namespace vidbench::metrics
