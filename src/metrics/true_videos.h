// Videos of the shapes world that are right, with captions that are right and wrong: what metrics are judged
// on.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "media/video.h"

namespace vidbench::metrics {

struct TrueVideo {
  media::Video video;
  std::string caption, wrong_caption;  // the wrong one differs in every attribute
};

// `count` one-object videos, attributes drawn uniformly; those of one seed begin alike.
[[nodiscard]] std::vector<TrueVideo> true_videos(int count, uint64_t seed);

}  // namespace vidbench::metrics
