#include "metrics/frame_embeddings.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace vidbench::metrics {

double cosine(std::span<const float> a, std::span<const float> b) {
  const double norms = std::inner_product(a.begin(), a.end(), a.begin(), 0.0) *
                       std::inner_product(b.begin(), b.end(), b.begin(), 0.0);
  return norms > 0 ? std::inner_product(a.begin(), a.end(), b.begin(), 0.0) / std::sqrt(norms) : 0;
}

double consecutive_consistency(const FrameEmbeddings& frames) {
  double sum = 0;
  for (size_t t = 1; t < frames.frames(); ++t) sum += cosine(frames.frame(t - 1), frames.frame(t));
  return sum / static_cast<double>(frames.frames() - 1);
}

double vbench_consistency(const FrameEmbeddings& frames) {
  double sum = 0;
  for (size_t t = 1; t < frames.frames(); ++t)
    sum += (std::max(0.0, cosine(frames.frame(t - 1), frames.frame(t))) +
            std::max(0.0, cosine(frames.frame(0), frames.frame(t)))) /
           2;
  return sum / static_cast<double>(frames.frames() - 1);
}

}  // namespace vidbench::metrics
