// jedi: how far a set of videos is from a set of real ones, in V-JEPA's features.
#include "metrics/builtin.h"
#include "metrics/clip_feature.h"

namespace vidbench::metrics {
namespace {

constexpr const char* kFeature = "vjepa/features";

}  // namespace

Feature vjepa_feature(std::shared_ptr<VJepaNetwork> network) {
  return clip_feature(kFeature,
                      std::string(kFeature) + "/1 stretched antialiased " + network->encoder().sha256 + "+" +
                          network->probe().sha256,
                      VJepaNetwork::kFrames, [network](Videos videos) { return network->features(videos); });
}

Metric jedi(const VJepaNetwork& network) {
  return {
      with_weights(
          {.id = "jedi",
           .version = 1,
           .title = "JEDi (V-JEPA)",
           .higher_is_better = false,
           .minimum = 0,
           .is_set = true,
           .reducer = "jedi",
           .features = kFeature,
           .needs = {"reference"},
           .definition =
               "100 times the biased squared maximum mean discrepancy with the kernel (x·y / 1280)² over all "
               "pairs, those of a video with itself included. Features: the 1,280 numbers that the attentive "
               "probe on V-JEPA ViT-H/16 (trained on SSv2) gives its head, with the projection behind its "
               "cross attention applied, as the package vjepa 0.1.2 that JEDi uses does; for the first 16 "
               "frames of each video, stretched to 224x224 by antialiased bilinear interpolation, ImageNet's "
               "mean and deviation. JEDi leaves the choice of frames and the resizing to its caller.",
           .failure_cases =
               "Biased upwards for small sets: two sets of one distribution are not at 0, so compare sets of "
               "one size (its authors take 5000). The choice of clips, resizing and video compression move "
               "it. V-JEPA's own code leaves that projection out: features made with it differ.",
           .citation =
               "Luo et al., ICLR 2025, arXiv:2410.05203; Bardes et al., V-JEPA, 2024, arXiv:2404.08471",
           .licence = "CC-BY-NC-4.0",
           .minimum_videos = 2},
          {network.encoder(), network.probe()}),
      {}};
}

}  // namespace vidbench::metrics
