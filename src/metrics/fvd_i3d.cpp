// fvd-i3d and kvd-i3d: how far a set of videos is from a set of real ones, in I3D's logits.
#include "metrics/builtin.h"
#include "metrics/clip_feature.h"
#include "metrics/extrapolation.h"

namespace vidbench::metrics {
namespace {

constexpr const char* kFeature = "i3d/logits";

Metric set_metric(const I3dNetwork& network, store::MetricInfo info) {
  info.version = 1;
  info.higher_is_better = false;
  info.is_set = true;
  info.features = kFeature;
  info.needs = {"reference"};
  info.definition +=
      " Features: the 400 logits, averaged over time, of I3D (Kinetics-400, RGB; i3d_pretrained_400.pt, "
      "batch normalisation's epsilon 1e-5) for the first 16 frames of each video, prepared as cd-fvd 0.1.1 "
      "does: shorter side to 256 with antialiased bilinear interpolation, centre crop, cut to whole bytes, "
      "bilinear to 224x224. Unlike cd-fvd each video counts once and its first frames are taken, not random "
      "ones.";
  info.failure_cases +=
      " Says little about time: what the frames show outweighs how they move. The choice of clips, resizing "
      "and video compression move it, so numbers of two programs compare only when all of that is the same.";
  info.licence = "Apache-2.0";
  return {with_weights(std::move(info), {network.weights()}), {}};
}

}  // namespace

Feature i3d_logits_feature(std::shared_ptr<I3dNetwork> network) {
  return clip_feature(kFeature, std::string(kFeature) + "/1 " + network->weights().sha256,
                      I3dNetwork::kFrames, [network](Videos videos) { return network->logits(videos); });
}

Metric fvd_i3d(const I3dNetwork& network) {
  return set_metric(
      network,
      {.id = "fvd-i3d",
       .title = "FVD (I3D)",
       .minimum = 0,
       .reducer = "frechet-biased",
       .definition = "Fréchet distance between Gaussians fitted to the features of the generated and of the "
                     "reference videos; covariance divided by N, as StyleGAN-V and cd-fvd do.",
       .failure_cases = "Biased upwards for small sets: compare sets of one size.",
       .citation =
           "Unterthiner et al. 2018, arXiv:1812.01717; features as Ge et al., CVPR 2024, arXiv:2404.12391",
       .minimum_videos = 400});
}

Metric fvd_i3d_infinity(const I3dNetwork& network) {
  return set_metric(
      network,
      extrapolated(
          "fvd-i3d",
          {.id = "fvd-i3d-infinity",
           .title = "FVD∞ (I3D)",
           .reducer = "frechet-biased-infinity",
           .citation = "Chong & Forsyth, CVPR 2020, arXiv:1911.07023; Ge et al., CVPR 2024, arXiv:2404.12391",
           .minimum_videos = 800}));
}

Metric kvd_i3d(const I3dNetwork& network) {
  return set_metric(
      network,
      {.id = "kvd-i3d",
       .title = "KVD (I3D)",
       .reducer = "kernel",
       .definition = "Unbiased squared maximum mean discrepancy with the kernel (x·y / 400 + 1)³ over all "
                     "pairs of the two sets, not multiplied by 1000.",
       .failure_cases = "Slightly negative values are normal for equal distributions.",
       .citation = "Unterthiner et al. 2018, arXiv:1812.01717; Bińkowski et al., ICLR 2018, arXiv:1801.01401",
       .minimum_videos = 2});
}

}  // namespace vidbench::metrics
