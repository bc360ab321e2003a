// Measures a denoiser with the checker: generates held-out one-object captions and counts right attributes.
#pragma once

#include <vector>

#include "base/json.h"
#include "shapes/caption.h"
#include "shapes/checker.h"
#include "shapes/sampler.h"

namespace vidbench::shapes {

// Shares of right attributes, 0..1.
struct AttributeRates {
  double color = 0;
  double shape = 0;
  double size = 0;
  double motion = 0;
  double background = 0;
  double all = 0;  // every attribute of the caption
  int count = 0;
  [[nodiscard]] Json json() const;
};

[[nodiscard]] AttributeRates rate(std::span<const Video> videos, std::span<const SceneSpec> scenes);

// The first `count` held-out captions, sample i with seed `seed + i`, in batches of `batch`. The videos are
// given back through `videos` when it is not null.
[[nodiscard]] AttributeRates audit(const Denoiser& denoiser, const SamplerSettings& settings, int count,
                                   uint64_t seed, int batch = 20, std::vector<Video>* videos = nullptr);

}  // namespace vidbench::shapes
