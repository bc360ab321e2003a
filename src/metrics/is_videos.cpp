// is-videos: the Inception Score of videos, by the actions that C3D sees in them.
#include "metrics/builtin.h"
#include "metrics/clip_feature.h"

namespace vidbench::metrics {
namespace {

constexpr const char* kFeature = "c3d/posterior";

}  // namespace

Feature c3d_posterior_feature(std::shared_ptr<C3dNetwork> network) {
  return clip_feature(
      kFeature, std::string(kFeature) + "/1 " + network->weights().sha256 + "+" + network->mean().sha256,
      C3dNetwork::kFrames, [network](Videos videos) { return network->posterior(videos); });
}

Metric is_videos(const C3dNetwork& network) {
  return {
      with_weights(
          {.id = "is-videos",
           .version = 1,
           .title = "Inception score of videos (C3D)",
           .higher_is_better = true,
           .minimum = 1,
           .maximum = static_cast<double>(C3dNetwork::kClasses),
           .is_set = true,
           .reducer = "inception",
           .features = kFeature,
           .definition =
               "exp of the mean KL divergence between each video's class posterior and the mean posterior of "
               "all videos, over the whole set. Posterior: softmax, in double, of the 101 logits of C3D "
               "(fine-tuned on UCF-101; conv3d_deepnetA_ucf.npz) for the first 16 frames, prepared as TGAN2 "
               "does: 112x112 by bilinear interpolation with aligned corners, the aspect not kept, values of "
               "0..255, blue first, minus the mean clip (mean2.npz, 112 rows and columns from the ninth on). "
               "TGAN2 takes 2048 videos and averages ten such scores of new videos.",
           .failure_cases = "Means something only for models of UCF-101: other videos have no class there. "
                            "Blind to variety within a class, and raised by videos that look like one class "
                            "each, however bad. Lower for small sets: published scores are of 2048 videos. "
                            "StyleGAN-V's uses another copy of the network and averages ten splits.",
           .citation = "Saito et al., TGANv2, IJCV 2020, arXiv:1811.09245; Salimans et al., NeurIPS 2016, "
                       "arXiv:1606.03498; Tran et al., C3D, ICCV 2015, arXiv:1412.0767",
           .licence = "MIT"},
          {network.weights(), network.mean()}),
      {}};
}

}  // namespace vidbench::metrics
