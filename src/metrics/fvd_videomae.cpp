// fvd-videomae: the content-debiased Fréchet Video Distance.
#include "metrics/builtin.h"
#include "metrics/clip_feature.h"
#include "metrics/extrapolation.h"

namespace vidbench::metrics {
namespace {

constexpr const char* kFeature = "videomae/features";

Metric set_metric(const VideoMaeNetwork& network, store::MetricInfo info) {
  info.version = 1;
  info.higher_is_better = false;
  info.is_set = true;
  info.features = kFeature;
  info.needs = {"reference"};
  info.licence = "MIT";
  return {with_weights(std::move(info), {network.weights()}), {}};
}

}  // namespace

Feature videomae_feature(std::shared_ptr<VideoMaeNetwork> network) {
  return clip_feature(kFeature, std::string(kFeature) + "/1 " + network->weights().sha256,
                      VideoMaeNetwork::kFrames,
                      [network](Videos videos) { return network->features(videos); });
}

Metric fvd_videomae(const VideoMaeNetwork& network) {
  return set_metric(
      network,
      {.id = "fvd-videomae",
       .title = "FVD (VideoMAE v2)",
       .minimum = 0,
       .reducer = "frechet-biased",
       .definition = "Fréchet distance between Gaussians fitted to the features of the generated and of the "
                     "reference videos; covariance divided by N. Features: the 1,408 numbers of VideoMAE v2 "
                     "ViT-g (hybrid pre-training, fine-tuned on SSv2) before its head, for the first 16 "
                     "frames of each video, prepared as cd-fvd 0.1.1 does (values in 0..1, not normalised). "
                     "Follows motion more than fvd-i3d, which follows content. Unlike cd-fvd each video "
                     "counts once and its first frames are taken, not random ones.",
       .failure_cases = "Biased upwards for small sets: fewer videos than numbers in a feature leave the "
                        "covariance without full rank. The choice of clips, resizing and video compression "
                        "move it, so numbers of two programs compare only when all of that is the same.",
       .citation = "Ge et al., CVPR 2024, arXiv:2404.12391; Wang et al., CVPR 2023, arXiv:2303.16727",
       .minimum_videos = 1408});
}

Metric fvd_videomae_infinity(const VideoMaeNetwork& network) {
  return set_metric(
      network,
      extrapolated(
          "fvd-videomae",
          {.id = "fvd-videomae-infinity",
           .title = "FVD∞ (VideoMAE v2)",
           .reducer = "frechet-biased-infinity",
           .citation = "Chong & Forsyth, CVPR 2020, arXiv:1911.07023; Ge et al., CVPR 2024, arXiv:2404.12391",
           .minimum_videos = 2816}));
}

}  // namespace vidbench::metrics
