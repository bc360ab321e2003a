// fvd-videomae: the content-debiased Fréchet Video Distance.
#include "metrics/builtin.h"

namespace vidbench::metrics {
namespace {

constexpr const char* kFeature = "videomae/features";

}  // namespace

Feature videomae_feature(std::shared_ptr<VideoMaeNetwork> network) {
  return {kFeature, std::string(kFeature) + "/1 " + network->weights().sha256,
          [network](Sample& sample) {
            require_frames(sample.video(), VideoMaeNetwork::kFrames);
            return network->features(sample.video());
          },
          VideoMaeNetwork::kFrames};
}

Metric fvd_videomae(const VideoMaeNetwork& network) {
  return {with_weights(
              {.id = "fvd-videomae",
               .version = 1,
               .title = "FVD (VideoMAE v2)",
               .higher_is_better = false,
               .minimum = 0,
               .is_set = true,
               .reducer = "frechet-biased",
               .features = kFeature,
               .needs = {"reference"},
               .definition = "Fréchet distance between Gaussians fitted to the features of the generated and "
                             "of the reference "
                             "videos; "
                             "covariance divided by N. Features: the 1,408 numbers of VideoMAE v2 ViT-g "
                             "(hybrid pre-training, "
                             "fine-tuned on SSv2) before its head, for the first 16 frames of each video, "
                             "prepared as cd-fvd "
                             "0.1.1 "
                             "does (values in 0..1, not normalised). Follows motion more than fvd-i3d, which "
                             "follows content. "
                             "Unlike "
                             "cd-fvd each video counts once and its first frames are taken, not random ones.",
               .failure_cases =
                   "Biased upwards for small sets: fewer videos than numbers in a feature leave the "
                   "covariance without full rank. The choice of clips, resizing and video compression "
                   "move it, so numbers of two programs compare only when all of that is the same.",
               .citation = "Ge et al., CVPR 2024, arXiv:2404.12391; Wang et al., CVPR 2023, arXiv:2303.16727",
               .licence = "MIT",
               .minimum_videos = 1408},
              {network.weights()}),
          {}};
}

}  // namespace vidbench::metrics
