// fvd-styleganv: the Fréchet Video Distance as StyleGAN-V's evaluation computes it.
#include "metrics/builtin.h"

namespace vidbench::metrics {
namespace {

constexpr const char* kFeature = "i3d-styleganv/logits";

}  // namespace

Feature scripted_i3d_feature(std::shared_ptr<ScriptedI3d> network) {
  return {kFeature, std::string(kFeature) + "/1 " + network->weights().sha256,
          [network](Sample& sample) {
            require_frames(sample.video(), ScriptedI3d::kFrames);
            return network->logits(sample.video());
          },
          ScriptedI3d::kFrames};
}

Metric fvd_styleganv(const ScriptedI3d& network) {
  return {
      with_weights(
          {.id = "fvd-styleganv",
           .version = 1,
           .title = "FVD (StyleGAN-V)",
           .higher_is_better = false,
           .minimum = 0,
           .is_set = true,
           .reducer = "frechet-biased",
           .features = kFeature,
           .needs = {"reference"},
           .definition =
               "Fréchet distance between Gaussians fitted to the features of the generated and of the "
               "reference videos; covariance divided by N. Features: the 400 logits that i3d_torchscript.pt, "
               "a port of the original I3D for Kinetics-400, gives with rescale, resize and return_features "
               "for the middle square of the first 16 frames, values 0..255. StyleGAN-V takes sixteen frames "
               "from a random place of each real video; here all videos begin at their first frame.",
           .failure_cases =
               "Biased upwards for small sets: compare sets of one size (published numbers are of 2,048 "
               "videos). Says little about time: what the frames show outweighs how they move. The choice of "
               "clips, the resolution before the network's own resizing and video compression move it.",
           .citation =
               "Unterthiner et al. 2018, arXiv:1812.01717; Skorokhodov et al., CVPR 2022, arXiv:2112.14683",
           .licence = "Apache-2.0",
           .minimum_videos = 400},
          {network.weights()}),
      {}};
}

}  // namespace vidbench::metrics
