// shapes/text-alignment and shapes/frame-consistency: cosines in the text-video contrastive network's space.
#include <numeric>
#include <span>

#include "metrics/builtin.h"

namespace vidbench::metrics {
namespace {

// Of two unit vectors.
double unit_cosine(std::span<const float> a, std::span<const float> b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

// Mean cosine of consecutive frames.
double consistency(const std::vector<float>& frames) {
  constexpr size_t n = ShapesNetworks::kEmbedding;
  const size_t count = frames.size() / n;
  const std::span<const float> all(frames);
  double sum = 0;
  for (size_t t = 1; t < count; ++t) sum += unit_cosine(all.subspan((t - 1) * n, n), all.subspan(t * n, n));
  return sum / static_cast<double>(count - 1);
}

}  // namespace

Metric shapes_text_alignment(std::shared_ptr<ShapesNetworks> networks) {
  return {
      {.id = "shapes/text-alignment",
       .version = 1,
       .title = "Text alignment",
       .higher_is_better = true,
       .minimum = -100,
       .maximum = 100,
       .reducer = "mean",
       .needs = {"prompt"},
       .definition = "100 times the cosine of the video's and the prompt's embedding in the shapes world's "
                     "text-video contrastive network. Words outside the world's captions are dropped.",
       .failure_cases = "Nearly blind to noise and blur: true videos have about 96, wrong captions about -3. "
                        "Not comparable with published CLIP scores.",
       .citation = "after Hessel et al., CLIPScore, EMNLP 2021, arXiv:2104.08718",
       .licence = "Apache-2.0",
       .weights_files = {"contrastive.safetensors"},
       .weights_sha256 = networks->contrastive().sha256,
       .unavailable = networks->contrastive().problem},
      [networks](Sample& sample) {
        return 100 *
               unit_cosine(networks->embed_video(sample.video()), networks->embed_text(sample.prompt()));
      }};
}

Metric shapes_frame_consistency(std::shared_ptr<ShapesNetworks> networks) {
  return {
      {.id = "shapes/frame-consistency",
       .version = 1,
       .title = "Frame consistency",
       .higher_is_better = true,
       .minimum = -1,
       .maximum = 1,
       .reducer = "mean",
       .definition = "Mean cosine of the embeddings of consecutive frames (16 at even distances), each "
                     "embedded alone by the shapes world's text-video contrastive network.",
       .failure_cases = "A frozen video has 1 and white noise still 0.9; true videos have about 0.96.",
       .citation =
           "after Esser et al., Structure and content-guided video synthesis, ICCV 2023, arXiv:2302.03011",
       .licence = "Apache-2.0",
       .weights_files = {"contrastive.safetensors"},
       .weights_sha256 = networks->contrastive().sha256,
       .unavailable = networks->contrastive().problem},
      [networks](Sample& sample) {
        require_frames(sample.video(), 2);
        return consistency(networks->embed_frames(sample.video()));
      }};
}

}  // namespace vidbench::metrics
