#include "metrics/clip_feature.h"

namespace vidbench::metrics {

Feature clip_feature(std::string id, std::string definition, size_t frames,
                     std::function<std::vector<std::vector<float>>(Videos)> compute) {
  const auto alone = [compute, frames](Sample& sample) {
    require_frames(sample.video(), frames);
    return of_one(sample.video(), compute);
  };
  return {std::move(id), std::move(definition), alone, frames, std::move(compute)};
}

}  // namespace vidbench::metrics
